"""How a goal is written as a conic program, and how the program's costs and multipliers are read back.

A program minimizes; its cost is scaled so that it is of order one, since the solver's tolerances are absolute there.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from services.optimizer.domain.covariance import Covariance, variance
from services.optimizer.domain.dual_bound import Multipliers
from services.optimizer.domain.solvers.clarabel_conic import Run
from services.optimizer.domain.solvers.conic import ConicProgram
from services.optimizer.domain.solvers.tilt import Line, Tilt
from services.optimizer.domain.vectors import Vector


class ConicGoal(Protocol):
    """A goal as a program, with the multipliers of the admissible set in the goal's unit."""

    @property
    def program(self) -> ConicProgram:
        """What is solved."""
        ...

    def weights(self, x: Vector) -> Vector:
        """w from the program's x."""
        ...

    def in_unit(self, cost: float) -> float:
        """A cost of the program, primal or dual, in the unit of the goal; infinite if it says nothing there."""
        ...

    def objective(self, weights: Vector) -> float:
        """The goal's value at w. Raises Unbounded."""
        ...

    def multipliers(self, weights: Vector, run: Run) -> Multipliers:
        """What the run's multipliers are worth in the unit of the goal."""
        ...

    def bound(self, weights: Vector, multipliers: Multipliers) -> float:
        """What no admissible portfolio can be better than, certified by any multipliers at w."""
        ...

    def tilt(self, weights: Vector, multipliers: Multipliers) -> Tilt | None:
        """The tilt of which w is the optimum, with the multipliers that it has then; None if there is none."""
        ...

    def untilted(self, line: Line, near: float) -> tuple[Vector, Multipliers] | None:
        """The goal's own portfolio on a line of tilts, near an estimate of its θ; None if it has none there."""
        ...


def volatility(covariance: Covariance, weights: Vector) -> float:
    """√(wᵀΣw)."""
    return math.sqrt(variance(covariance, weights))


def volatility_gradient(covariance: Covariance, weights: Vector) -> Vector:
    """Σw / √(wᵀΣw): gᵀv ≤ √(vᵀΣv) for every v. Zero where w carries no risk."""
    size = volatility(covariance, weights)
    return covariance.times(weights) / size if size > 0 else np.zeros(weights.size)
