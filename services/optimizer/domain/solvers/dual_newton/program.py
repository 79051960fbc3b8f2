"""What differs from program to program over one universe, and what a solve answers.

min  ½ γ (|Fᵀw|² + wᵀDw) − μᵀw + Σ κ|w − w₀| + Σ c|w − w₀|^{3/2} + Σ b max(−w, 0)
s.t. lo ≤ Aw ≤ hi,  l ≤ w ≤ u,  ½ Σ|w − w₀| ≤ t,  Σ|w| ≤ g
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np

from services.optimizer.domain.solvers.dual_newton.structure import Structure
from services.optimizer.domain.vectors import Index, Mask, Vector


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """One program of N assets and m rows. Returns and costs per year, weights as parts of the portfolio's value."""

    expected_returns: Vector
    """μ, (N,)."""
    risk_aversion: float
    """γ > 0."""
    lower: Vector
    """l, (N,); −∞ is no bound."""
    upper: Vector
    """u, (N,)."""
    floor: Vector
    """lo, (m,); equal to the cap: the row is an equation. −∞ is no limit."""
    cap: Vector
    """hi, (m,)."""
    start: Vector | None = None
    """w₀, (N,); None: nothing is held."""
    linear_cost: Vector | None = None
    """κ ≥ 0, (N,)."""
    impact_cost: Vector | None = None
    """c ≥ 0, (N,)."""
    borrow_cost: Vector | None = None
    """b ≥ 0, (N,), of weights below zero."""
    turnover: float = math.inf
    """t ≥ 0."""
    gross: float = math.inf
    """g ≥ 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Programs:
    """B programs: every field of `Program` with one more axis in front, or without it where all have the same."""

    expected_returns: Vector
    """μ, (B, N): it always has the axis, and says how many there are."""
    risk_aversion: Vector | float
    lower: Vector
    upper: Vector
    floor: Vector
    cap: Vector
    start: Vector | None = None
    linear_cost: Vector | None = None
    impact_cost: Vector | None = None
    borrow_cost: Vector | None = None
    turnover: Vector | float = math.inf
    gross: Vector | float = math.inf

    @property
    def count(self) -> int:
        """B."""
        return int(self.expected_returns.shape[0])

    def part(self, first: int, last: int) -> Programs:
        """Programs first..last − 1, without a copy: a batch in parts can be told to stop between them."""

        def cut(name: str, value: Vector | float | None) -> Vector | float | None:
            axes = 1 if name in {"risk_aversion", "turnover", "gross"} else 2
            return value[first:last] if isinstance(value, np.ndarray) and value.ndim == axes else value

        return Programs(**{field.name: cut(field.name, getattr(self, field.name)) for field in fields(self)})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, eq=False)
class NewtonAnswer:
    """The optimum of one program, or how far the method came."""

    weights: Vector
    """w, (N,); those at a bound are exactly there."""
    row_multipliers: Vector
    """ν, (m,): positive presses on the cap, negative on the floor."""
    turnover_price: float
    """τ ≥ 0."""
    gross_price: float
    """η ≥ 0."""
    factor_multipliers: Vector
    """λ, (K,); γ Fᵀw at the optimum."""
    z: Vector
    """(λ, ν, τ, η), (K + m + 2,): what a similar program over the same universe may start from."""
    value: float
    """The objective of w."""
    bound: float
    """No admissible weights have an objective below this, whether or not the method converged."""
    residual: float
    """How far the worst row is off its limit, or off needing its price, in units of its largest coefficient."""
    iterations: int
    converged: bool
    empty: bool
    """Whether the bound exceeds what any weights within l and u could cost: no weights are admissible."""


@dataclass(frozen=True, slots=True, eq=False)
class NewtonAnswers:
    """Answers to B programs, field by field as in `NewtonAnswer`."""

    weights: Vector
    """(B, N)."""
    z: Vector
    """(B, K + m + 2)."""
    values: Vector
    bounds: Vector
    residuals: Vector
    iterations: Index
    converged: Mask
    empty: Mask

    @classmethod
    def room(cls, count: int, structure: Structure) -> NewtonAnswers:
        """Arrays to be filled."""
        values, bounds, residuals = np.empty((3, count))
        return cls(
            np.empty((count, structure.assets)),
            np.empty((count, structure.prices)),
            values,
            bounds,
            residuals,
            np.empty(count, dtype=np.int64),
            np.empty(count, dtype=np.bool_),
            np.empty(count, dtype=np.bool_),
        )

    def part(self, first: int, last: int) -> NewtonAnswers:
        """The answers to programs first..last − 1, without a copy."""
        return NewtonAnswers(*(getattr(self, field.name)[first:last] for field in fields(self)))
