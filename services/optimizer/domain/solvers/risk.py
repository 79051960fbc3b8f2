"""OBJECTIVE_RISK: minimize √(wᵀΣw)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.covariance import Covariance
from services.optimizer.domain.dual_bound import Multipliers, linear_bound
from services.optimizer.domain.solvers.clarabel_conic import Run
from services.optimizer.domain.solvers.conic import ConicProgram, linear_program, with_risk
from services.optimizer.domain.solvers.conic_goal import volatility, volatility_gradient
from services.optimizer.domain.solvers.tilt import Line, Tilt
from services.optimizer.domain.vectors import Vector


@dataclass(frozen=True, slots=True, eq=False)
class RiskGoal:
    """By way of ½ s wᵀΣw."""

    program: ConicProgram
    covariance: Covariance
    scale: float

    @classmethod
    def of(cls, covariance: Covariance, admissible: AdmissibleSet) -> RiskGoal:
        """State the program."""
        scale = 1.0 / covariance.typical_variance
        plain = linear_program(admissible, covariance, np.zeros(admissible.assets))
        return cls(with_risk(plain, covariance, scale), covariance, scale)

    def weights(self, x: Vector) -> Vector:
        """w stands first in x."""
        return x[: self.covariance.assets]

    def in_unit(self, cost: float) -> float:
        """√(2 cost / s)."""
        return math.sqrt(2 * max(cost, 0.0) / self.scale)

    def objective(self, weights: Vector) -> float:
        """√(wᵀΣw)."""
        return volatility(self.covariance, weights)

    def multipliers(self, weights: Vector, run: Run) -> Multipliers:
        """The program's are those of ½ s wᵀΣw, whose gradient is s √(wᵀΣw) times that of √(wᵀΣw)."""
        size = volatility(self.covariance, weights)
        return run.multipliers.scaled(1 / (self.scale * size) if size > 0 else 0.0)

    def bound(self, weights: Vector, multipliers: Multipliers) -> float:
        """Least gᵀw over the admissible set; g is the gradient of the volatility at w."""
        gradient = volatility_gradient(self.covariance, weights)
        return max(0.0, -linear_bound(-gradient, self.program.admissible, multipliers)[0])

    def tilt(self, weights: Vector, multipliers: Multipliers) -> Tilt | None:
        """θ = 0: expected returns do not count."""
        return Tilt(0.0, multipliers.scaled(volatility(self.covariance, weights)))

    def untilted(self, line: Line, near: float) -> tuple[Vector, Multipliers] | None:
        """Where θ is 0, which it is already."""
        weights = line.weights(near)
        size = volatility(self.covariance, weights)
        return (weights, line.at(near).scaled(1 / size)) if size > 0 else None
