"""What the portfolios of a stream share, as numbers; and with a frame's numbers put in, as programs."""

from __future__ import annotations

import math

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet, admissible_set
from services.optimizer.domain.batch.frame import Numbers
from services.optimizer.domain.batch.header import rows_of
from services.optimizer.domain.costs import CostRates, cost_rates, is_free
from services.optimizer.domain.goal import Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.dual_newton.program import Program, Programs
from services.optimizer.domain.vectors import Vector


class Shared:
    """The header over its universe; every frame's portfolios are measured against it."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.admissible: AdmissibleSet = admissible_set(problem)
        self.weighs_returns = problem.goal.objective is Objective.UTILITY
        self.rows = rows_of(problem.constraints)
        """m: those whose caps a frame may replace, behind the budget."""
        self._rates: CostRates = cost_rates(problem.costs, problem.moments)
        self._free = is_free(problem.costs)

    @property
    def assets(self) -> int:
        """N."""
        return self.problem.assets

    @property
    def risk_aversion(self) -> float:
        """γ; the least risk is found as the least ½ variance."""
        return self.problem.goal.risk_aversion if self.weighs_returns else 1.0

    @property
    def expected_returns(self) -> Vector:
        """μ, (N,); zero where returns do not count."""
        return self.problem.moments.expected_returns if self.weighs_returns else np.zeros(self.assets)

    def typical(self) -> Program:
        """A portfolio that nothing sets apart and that holds nothing."""
        own = self.admissible
        return Program(self.expected_returns, self.risk_aversion, own.lower, own.upper, own.floor, own.cap)

    def programs(self, numbers: Numbers) -> Programs:
        """B programs."""
        own, (lower, upper) = self.admissible, self.bounds(numbers)
        tilts = numbers.mu_tilts
        mu = self.expected_returns
        linear, power, borrow = self._costs(numbers)
        return Programs(
            expected_returns=np.broadcast_to(mu, (numbers.count, mu.size)) if tilts is None else mu + tilts,
            risk_aversion=self.risk_aversion if numbers.risk_aversions is None else numbers.risk_aversions,
            lower=lower,
            upper=upper,
            floor=own.floor,
            cap=self.row_caps(numbers),
            start=numbers.holdings,
            linear_cost=linear,
            impact_cost=power,
            borrow_cost=borrow,
            turnover=math.inf if own.turnover is None else own.turnover,
            gross=math.inf if own.gross is None else own.gross,
        )

    def bounds(self, numbers: Numbers) -> tuple[Vector, Vector]:
        """l and u, (B, N) or (N,)."""
        lower = self.admissible.lower if numbers.lower is None else numbers.lower
        upper = self.admissible.upper if numbers.upper is None else numbers.upper
        return lower, upper if numbers.caps is None else np.minimum(upper, numbers.caps[:, None])

    def row_caps(self, numbers: Numbers) -> Vector:
        """hi of every row, (B, M) or (M,)."""
        own = self.admissible.cap
        if numbers.row_caps is None:
            return own
        caps = np.tile(own, (numbers.count, 1))
        caps[:, 1 : 1 + self.rows] = numbers.row_caps
        return caps

    def _costs(self, numbers: Numbers) -> tuple[Vector | None, Vector | None, Vector | None]:
        """κ, c and b per year, each (B, N) or (N,); None if nothing costs anything or costs are not weighed."""
        if not self.weighs_returns or (self._free and numbers.commissions is None):
            return None, None, None
        rates = self._rates
        linear, power = rates.linear, rates.power
        if numbers.commissions is not None:
            linear = (numbers.commissions[:, None] + rates.spread) / rates.horizon_years
        if numbers.portfolio_values is not None and self.problem.costs.impact > 0:
            # The impact of a trade of the same weight grows with the root of the portfolio's value.
            power = power * np.sqrt(numbers.portfolio_values / self.problem.costs.portfolio_value)[:, None]
        return linear, power, rates.borrow
