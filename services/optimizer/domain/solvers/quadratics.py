"""The quadratic programs behind every concave goal, whoever solves them:

max  aᵀw − ½ q wᵀΣw − costs(w)   over the admissible set
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.dual_bound import Multipliers
from services.optimizer.domain.vectors import Vector


@dataclass(frozen=True, slots=True, eq=False)
class Quadratic:
    """a and q."""

    linear: Vector
    aversion: float


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """The optimum of a quadratic program; multipliers are in the unit of aᵀw."""

    weights: Vector
    multipliers: Multipliers
    iterations: int


class Quadratics(Protocol):
    """Solves again and again over one universe, one admissible set and one set of costs."""

    @property
    def iterations(self) -> int:
        """Steps, in all."""
        ...

    @property
    def engine(self) -> str:
        """The name that answers go by."""
        ...

    def aimed(self, admissible: AdmissibleSet) -> Quadratics:
        """The same solver over a set that differs in the limits of its rows alone."""
        ...

    def solve(self, quadratic: Quadratic) -> Point:
        """The optimum. Raises SolverFailed."""
        ...

    def behind_ratio(self, quadratic: Quadratic, rate: float, near: float) -> tuple[Point, float] | None:
        """The optimum whose q is its own (aᵀw − costs − r) / wᵀΣw to within `near`, relatively, and that q.

        `quadratic` is where to look first. None if there is no quick way to it: then it is to be searched for.
        """
        ...
