"""What is sought with CVaR: its least, or the greatest return under a cap; each with a bound for any multipliers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from services.optimizer.domain.dual_bound import Multipliers
from services.optimizer.domain.result import Solved
from services.optimizer.domain.solvers.cvar.live_program import LiveProgram, Vertex
from services.optimizer.domain.solvers.cvar.region import Prices, Region
from services.optimizer.domain.solvers.cvar.scenarios import Scenarios, Tail
from services.optimizer.domain.vectors import Vector, vector


@dataclass(frozen=True, slots=True, eq=False)
class CvarSolved:
    """An optimum with everything that its linear program tells."""

    solved: Solved
    """Objective and bound are a CVaR or an expected return."""
    tail: Tail
    """Of the weights found."""
    multipliers: Multipliers
    """What the bound is certified with: the objective's gain from a limit moved by one. `cone` is the CVaR cap's."""
    gross_price: float
    """The same for gross leverage."""
    entered: int
    """How many scenarios the program ever saw."""
    row: Vector | None = None
    """a with CVaR(w) ≥ aᵀw, which the multipliers go with; None where no CVaR has a price."""


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """A bound and the multipliers that prove it."""

    bound: float
    multipliers: Multipliers
    gross_price: float
    row: Vector | None = None
    """See `CvarSolved.row`."""


class CvarGoal(Protocol):
    """A goal as a live program, and what its vertices are worth in the goal's own unit."""

    @property
    def maximizes(self) -> bool:
        """Whether larger is better."""
        ...

    def state(self, program: LiveProgram) -> None:
        """Aim the program."""
        ...

    def objective(self, weights: Vector, tail: Tail) -> float:
        """The goal's value."""
        ...

    @property
    def cap(self) -> float:
        """The greatest CVaR; infinite is none."""
        ...

    def certificate(self, vertex: Vertex, region: Region, scenarios: Scenarios) -> Certificate:
        """What no admissible portfolio can be better than."""
        ...


@dataclass(frozen=True, slots=True)
class LeastCvar:
    """Minimize CVaR(w)."""

    maximizes: bool = False
    cap: float = np.inf

    def state(self, program: LiveProgram) -> None:
        """In units of σ."""
        program.aim(np.zeros(program.region.admissible.assets), 1.0, np.inf)

    def objective(self, weights: Vector, tail: Tail) -> float:  # noqa: ARG002
        """CVaR(w)."""
        return tail.cvar

    def certificate(self, vertex: Vertex, region: Region, scenarios: Scenarios) -> Certificate:
        """CVaR(w) ≥ −(Rᵀq)ᵀw for the q that the duals are nearest to, and that is bounded over the region."""
        row = scenarios.row(distribution(vertex.scenario_duals, scenarios.shares))
        prices = _scaled(region.prices(vertex.region_duals), scenarios.scale)
        return Certificate(-region.bound(-row, prices), prices.multipliers, prices.gross, row)


@dataclass(frozen=True, slots=True, eq=False)
class GreatestReturn:
    """Maximize μᵀw, subject to CVaR(w) ≤ cap."""

    expected_returns: Vector
    cap: float
    maximizes: bool = True

    @property
    def _unit(self) -> float:
        """Of the program's cost."""
        return float(np.abs(self.expected_returns).max()) or 1.0

    def state(self, program: LiveProgram) -> None:
        """Minimize −μᵀw in units of the largest |μ|."""
        program.aim(-self.expected_returns / self._unit, 0.0, self.cap)

    def objective(self, weights: Vector, tail: Tail) -> float:  # noqa: ARG002
        """μᵀw."""
        return float(self.expected_returns @ weights)

    def certificate(self, vertex: Vertex, region: Region, scenarios: Scenarios) -> Certificate:
        """μᵀw ≤ (μ + η Rᵀq)ᵀw + η cap for any q and η ≥ 0, and that is bounded over the region."""
        prices = _scaled(region.prices(vertex.region_duals), self._unit)
        price = vertex.cap_price * self._unit / scenarios.scale
        if price <= 0:
            return Certificate(region.bound(self.expected_returns, prices), prices.multipliers, prices.gross)
        row = scenarios.row(distribution(vertex.scenario_duals, scenarios.shares))
        bound = region.bound(self.expected_returns - price * row, prices) + price * self.cap
        return Certificate(bound, replace(prices.multipliers, cone=price), prices.gross, row)


def distribution(duals: Vector, shares: Vector) -> Vector:
    """A distribution q with 0 ≤ q ≤ shares near duals ≥ 0, which are one only nearly or times a factor."""
    total = float(duals.sum())
    if total <= 0:
        return vector(shares / shares.sum())
    q = np.minimum(duals / total, shares)
    room = shares - q
    return vector(q + (1.0 - q.sum()) * room / (room.sum() or 1.0))


def _scaled(prices: Prices, factor: float) -> Prices:
    return Prices(prices.multipliers.scaled(factor), prices.gross * factor, prices.gross_pull * factor)
