"""OBJECTIVE_RETURN: maximize μᵀw, subject to √(wᵀΣw) ≤ v if v is given."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.covariance import Covariance
from services.optimizer.domain.dual_bound import Multipliers, linear_bound
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.clarabel_conic import Run
from services.optimizer.domain.solvers.conic import ConicProgram, linear_program, with_cone
from services.optimizer.domain.solvers.conic_goal import volatility, volatility_gradient
from services.optimizer.domain.solvers.tilt import Line, Tilt, with_volatility
from services.optimizer.domain.vectors import Vector


@dataclass(frozen=True, slots=True, eq=False)
class ReturnGoal:
    """By way of s μᵀw, a linear program, with a cone if v is given."""

    program: ConicProgram
    covariance: Covariance
    expected_returns: Vector
    greatest_volatility: float | None
    scale: float

    @classmethod
    def of(cls, problem: Problem, admissible: AdmissibleSet) -> ReturnGoal:
        """State the program."""
        expected, covariance = problem.moments.expected_returns, problem.moments.covariance
        scale = 1.0 / (float(np.abs(expected).max()) or 1.0)
        program = linear_program(admissible, covariance, -scale * expected)
        greatest = problem.goal.max_volatility
        if greatest is not None:
            program = with_cone(program, covariance, greatest)
        return cls(program, covariance, expected, greatest, scale)

    def weights(self, x: Vector) -> Vector:
        """w stands first in x."""
        return x[: self.expected_returns.size]

    def in_unit(self, cost: float) -> float:
        """−cost / s."""
        return -cost / self.scale

    def objective(self, weights: Vector) -> float:
        """μᵀw."""
        return float(self.expected_returns @ weights)

    def multipliers(self, weights: Vector, run: Run) -> Multipliers:  # noqa: ARG002
        """The program's are those of s μᵀw."""
        return run.multipliers.scaled(1 / self.scale)

    def bound(self, weights: Vector, multipliers: Multipliers) -> float:
        """Greatest (μ − ηg)ᵀw + ηv: the cone's multiplier η times v − √(wᵀΣw) ≤ v − gᵀw is added."""
        if self.greatest_volatility is None:
            return linear_bound(self.expected_returns, self.program.admissible, multipliers)[0]
        price = max(0.0, multipliers.cone)
        cost = self.expected_returns - price * volatility_gradient(self.covariance, weights)
        return linear_bound(cost, self.program.admissible, multipliers)[0] + price * self.greatest_volatility

    def tilt(self, weights: Vector, multipliers: Multipliers) -> Tilt | None:
        """θ = √(wᵀΣw) / η; without a pressing cone there is none."""
        size = volatility(self.covariance, weights)
        if self.greatest_volatility is None or multipliers.cone <= self.greatest_volatility - size or size == 0:
            return None
        theta = size / multipliers.cone
        return Tilt(theta, multipliers.scaled(theta))

    def untilted(self, line: Line, near: float) -> tuple[Vector, Multipliers] | None:
        """Where the volatility is the greatest allowed."""
        if self.greatest_volatility is None:
            return None
        theta = with_volatility(line, self.covariance, self.greatest_volatility, near)
        if theta is None:
            return None
        price = self.greatest_volatility / theta
        return line.weights(theta), replace(line.at(theta).scaled(1 / theta), cone=price)
