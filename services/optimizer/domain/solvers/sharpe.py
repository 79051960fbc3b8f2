"""OBJECTIVE_SHARPE: maximize (μᵀw − r) / √(wᵀΣw)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.covariance import Covariance
from services.optimizer.domain.dual_bound import Found, Multipliers, sharpe_bound
from services.optimizer.domain.errors import Unbounded
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.clarabel_conic import Run
from services.optimizer.domain.solvers.conic import ConicProgram, homogenized, linear_program, with_risk
from services.optimizer.domain.solvers.conic_goal import volatility, volatility_gradient
from services.optimizer.domain.solvers.fullest import fullest
from services.optimizer.domain.solvers.tilt import Line, Tilt, tangency
from services.optimizer.domain.vectors import Vector

# Below this fraction of a typical asset's volatility a portfolio counts as free of risk: 0.01 % a year where assets
# have 20 %. Where a covariance lacks full rank the solver comes no nearer to no risk at all.
RISKLESS = 5e-4


@dataclass(frozen=True, slots=True, eq=False)
class SharpeGoal:
    """By way of ½ s yᵀΣy with y = κw and μᵀy − rκ = e."""

    program: ConicProgram
    covariance: Covariance
    expected_returns: Vector
    risk_free_rate: float
    excess: float
    scale: float

    @classmethod
    def of(cls, problem: Problem, admissible: AdmissibleSet, greatest_return: float) -> SharpeGoal:
        """State the program; e is the greatest excess return, so that κ is at least 1."""
        expected, covariance = problem.moments.expected_returns, problem.moments.covariance
        rate = problem.goal.risk_free_rate
        scale, excess = 1.0 / covariance.typical_variance, greatest_return - rate
        plain = linear_program(admissible, covariance, np.zeros(admissible.assets))
        program = homogenized(with_risk(plain, covariance, scale), expected, rate, excess)
        return cls(program, covariance, expected, rate, excess, scale)

    def weights(self, x: Vector) -> Vector:
        """w = y / κ; the fullest of them if the ratio leaves the scale free."""
        return self._scaled(np.asarray(x[: self.expected_returns.size] / x[-1]))

    def in_unit(self, cost: float) -> float:
        """e / √(2 cost / s)."""
        return self.excess / math.sqrt(2 * cost / self.scale) if cost > 0 else math.inf

    def objective(self, weights: Vector) -> float:
        """(μᵀw − r) / √(wᵀΣw). Raises Unbounded if the weights carry no risk."""
        size = volatility(self.covariance, weights)
        if size <= RISKLESS * math.sqrt(self.covariance.typical_variance):
            raise Unbounded(
                "a portfolio without risk earns more than the risk-free rate: the Sharpe ratio has no maximum"
            )
        return self._excess_of(weights) / size

    def multipliers(self, weights: Vector, run: Run) -> Multipliers:  # noqa: ARG002
        """Over that of the normalization they are those of max (μ − s g)ᵀw with s the greatest ratio."""
        price = -run.normalization
        return run.multipliers.scaled(1 / price if price > 0 else 0.0)

    def bound(self, weights: Vector, multipliers: Multipliers) -> float:
        """The least s with μᵀw − r ≤ s √(wᵀΣw) that the multipliers certify."""
        gradient = volatility_gradient(self.covariance, weights)
        at = Found(self.objective(weights), volatility(self.covariance, weights), gradient)
        return sharpe_bound(self.expected_returns, self.risk_free_rate, self.program.admissible, multipliers, at=at)

    def tilt(self, weights: Vector, multipliers: Multipliers) -> Tilt | None:
        """θ = wᵀΣw / (μᵀw − r)."""
        excess = self._excess_of(weights)
        if excess <= 0:
            return None
        theta = volatility(self.covariance, weights) ** 2 / excess
        return Tilt(theta, multipliers.scaled(theta))

    def untilted(self, line: Line, near: float) -> tuple[Vector, Multipliers] | None:
        """Where the line touches the steepest ray from r."""
        theta = tangency(line, self.covariance, self.expected_returns, self.risk_free_rate, near)
        return None if theta is None else (self._scaled(line.weights(theta)), line.at(theta).scaled(1 / theta))

    def _scaled(self, weights: Vector) -> Vector:
        admissible = self.program.admissible
        free = self.risk_free_rate == 0 and admissible.floor[0] < admissible.cap[0]
        return fullest(weights, admissible) if free and bool(np.all(np.isfinite(weights))) else weights

    def _excess_of(self, weights: Vector) -> float:
        """μᵀw − r."""
        return float(self.expected_returns @ weights) - self.risk_free_rate
