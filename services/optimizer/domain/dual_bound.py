"""What no admissible portfolio can be better than, from the multipliers of a solve.

The multipliers of an interior-point method satisfy the dual's equations only nearly, so that the dual cost it prints is
not quite a bound. The bounds here hold for *any* multipliers, however rough: a concave goal is replaced by its tangent
at the found weights ŵ, the rows are moved into the goal with their multipliers, and what is left is maximized over the
box exactly, asset by asset. At the optimum all of it is tight.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.vectors import Vector

# Of the found volatility: calmer portfolios are told apart from it only by the exact form of the bound.
LEAST_VOLATILITY = 0.01
_NEWTON_STEPS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Multipliers:
    """y for the rows: positive presses on a cap, negative on a floor; τ ≥ 0 for the turnover, η ≥ 0 for the cone."""

    rows: Vector
    turnover: float = 0.0
    cone: float = 0.0

    def scaled(self, factor: float) -> Multipliers:
        """All of them times a positive factor."""
        return Multipliers(self.rows * factor, self.turnover * factor, self.cone * factor)


def linear_bound(cost: Vector, admissible: AdmissibleSet, multipliers: Multipliers) -> tuple[float, Vector]:
    """An upper bound on max costᵀw, and the box point where the Lagrangian takes it.

    max costᵀw ≤ hiᵀy⁺ − loᵀy⁻ + τ t + Σ_i max over [l_i, u_i] of (c − Gᵀy)_i w − ½ τ |w − w₀_i|.
    """
    pressing, holding = np.maximum(multipliers.rows, 0.0), np.maximum(-multipliers.rows, 0.0)
    pressing = np.where(np.isfinite(admissible.cap), pressing, 0.0)
    holding = np.where(np.isfinite(admissible.floor), holding, 0.0)
    constant = _dot(admissible.cap, pressing) - _dot(admissible.floor, holding)
    reduced = cost - admissible.transposed @ (pressing - holding)
    if admissible.turnover is None:
        best = np.where(reduced > 0, admissible.upper, admissible.lower)
        return constant + float(reduced @ best), best
    price = max(0.0, multipliers.turnover)
    best = _best_with_turnover(reduced, admissible, price)
    moved = float(np.abs(best - admissible.start).sum())
    return constant + price * admissible.turnover + float(reduced @ best) - 0.5 * price * moved, best


def _dot(limits: Vector, prices: Vector) -> float:
    """limitsᵀprices, where an infinite limit has no price."""
    priced = prices > 0
    return float(limits[priced] @ prices[priced])


def _best_with_turnover(reduced: Vector, admissible: AdmissibleSet, price: float) -> Vector:
    """A concave piecewise linear function takes its maximum at an end of the box or at the kink."""
    kink = np.clip(admissible.start, admissible.lower, admissible.upper)
    candidates = np.stack([kink, admissible.lower, admissible.upper])
    values = reduced * candidates - 0.5 * price * np.abs(candidates - admissible.start)
    return np.asarray(candidates[values.argmax(axis=0), np.arange(kink.size)])


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The portfolio ŵ at which a Sharpe ratio is bounded."""

    ratio: float
    volatility: float
    gradient: Vector
    """g = Σŵ / √(ŵᵀΣŵ)."""


def sharpe_bound(
    expected_returns: Vector, risk_free_rate: float, admissible: AdmissibleSet, multipliers: Multipliers, at: Found
) -> float:
    """An upper bound on (μᵀw − r) / √(wᵀΣw).

    s is one if μᵀw − r ≤ s √(wᵀΣw) for every admissible w. Since √(wᵀΣw) ≥ gᵀw (Cauchy–Schwarz), it is enough that
    φ(s) = max (μ − s g)ᵀw − r ≤ 0, which `linear_bound` settles for given multipliers.

    Rounding may hold φ above 0 by a hair δ for every s. Then μᵀw − r ≤ s gᵀw + δ still says that no portfolio with at
    least `LEAST_VOLATILITY` of ŵ's volatility beats s by more than δ over its volatility.
    """

    def excess_of(ratio: float) -> tuple[float, Vector]:
        value, where = linear_bound(expected_returns - ratio * at.gradient, admissible, multipliers)
        return value - risk_free_rate, where

    hair = max(0.0, excess_of(at.ratio)[0])
    return min(_root(excess_of, at.gradient, at.ratio), at.ratio + hair / (LEAST_VOLATILITY * at.volatility))


def _root(excess_of: Callable[[float], tuple[float, Vector]], gradient: Vector, first: float) -> float:
    """The least s ≥ first with φ(s) ≤ 0, by Newton's method; infinite if it finds none.

    φ is convex and piecewise linear, so that the steps climb to the root and are finite in number.
    """
    ratio = first
    for _ in range(_NEWTON_STEPS):
        excess, where = excess_of(ratio)
        if excess <= 0:
            return ratio
        slope = float(gradient @ where)
        if slope <= 0:
            break
        # Past the root by an ulp, so that rounding cannot hold the loop just short of it.
        ratio = float(np.nextafter(ratio + excess / slope, np.inf))
    return math.inf
