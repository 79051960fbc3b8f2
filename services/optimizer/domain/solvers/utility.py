"""OBJECTIVE_UTILITY: maximize μᵀw − ½ γ wᵀΣw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.covariance import Covariance, variance
from services.optimizer.domain.dual_bound import Multipliers, linear_bound
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.clarabel_conic import Run
from services.optimizer.domain.solvers.conic import ConicProgram, linear_program, with_risk
from services.optimizer.domain.solvers.tilt import Line, Tilt
from services.optimizer.domain.vectors import Vector


@dataclass(frozen=True, slots=True, eq=False)
class UtilityGoal:
    """By way of s times the utility."""

    program: ConicProgram
    covariance: Covariance
    expected_returns: Vector
    risk_aversion: float
    scale: float

    @classmethod
    def of(cls, problem: Problem, admissible: AdmissibleSet) -> UtilityGoal:
        """State the program."""
        expected, covariance = problem.moments.expected_returns, problem.moments.covariance
        aversion = problem.goal.risk_aversion
        scale = 1.0 / max(float(np.abs(expected).max()), aversion * covariance.typical_variance)
        program = linear_program(admissible, covariance, -scale * expected)
        return cls(with_risk(program, covariance, scale * aversion), covariance, expected, aversion, scale)

    def weights(self, x: Vector) -> Vector:
        """w stands first in x."""
        return x[: self.expected_returns.size]

    def in_unit(self, cost: float) -> float:
        """−cost / s."""
        return -cost / self.scale

    def objective(self, weights: Vector) -> float:
        """μᵀw − ½ γ wᵀΣw."""
        return float(self.expected_returns @ weights) - 0.5 * self.risk_aversion * variance(self.covariance, weights)

    def multipliers(self, weights: Vector, run: Run) -> Multipliers:  # noqa: ARG002
        """The program's are those of s times the utility."""
        return run.multipliers.scaled(1 / self.scale)

    def bound(self, weights: Vector, multipliers: Multipliers) -> float:
        """A concave function lies below its tangent: (μ − γΣŵ)ᵀw + ½ γ ŵᵀΣŵ."""
        pull = self.risk_aversion * self.covariance.times(weights)
        linear = linear_bound(self.expected_returns - pull, self.program.admissible, multipliers)[0]
        return linear + 0.5 * float(pull @ weights)

    def tilt(self, weights: Vector, multipliers: Multipliers) -> Tilt | None:  # noqa: ARG002
        """θ = 1/γ."""
        return Tilt(1 / self.risk_aversion, multipliers.scaled(1 / self.risk_aversion))

    def untilted(self, line: Line, near: float) -> tuple[Vector, Multipliers] | None:
        """Where θ is 1/γ, which it is already."""
        return line.weights(near), line.at(near).scaled(self.risk_aversion)
