"""The problems that everybody solves: a simulated universe of factors, seeded, with limits, holdings and costs.

min  ½ γ wᵀ(FFᵀ + D)w − μᵀw    subject to  1ᵀw = 1,  0 ≤ w ≤ 10 %,  ten groups of at most 15 % each
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from services.optimizer.domain.constraints import Bounds, Constraints, Group
from services.optimizer.domain.covariance import Covariance, DenseCovariance, FactorCovariance
from services.optimizer.domain.goal import Goal
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.dual_newton import Program, Programs
from services.optimizer.domain.vectors import Index, Vector, vector

FACTORS = 20
AVERSION, LARGEST, GROUPS, GROUP_CAP = 5.0, 0.10, 10, 0.15


@dataclass(frozen=True, eq=False)
class Universe:
    """N assets over K factors; the same for the same numbers. Everything is per year."""

    assets: int
    factors: int = FACTORS
    seed: int = 1

    @cached_property
    def exposures(self) -> Vector:
        """N × K: to a market, about one, and to lesser factors, about nothing."""
        found = 0.5 * self._random(0).standard_normal((self.assets, self.factors))
        found[:, 0] = 1.0 + 0.6 * found[:, 0]
        return found

    @cached_property
    def loadings(self) -> Vector:
        """F: exposures by volatilities, the market's of 16 %, the others' of 2 to 12 % and falling."""
        lesser = self._random(1).random(self.factors - 1) / np.sqrt(np.arange(1, self.factors))
        return vector(self.exposures * np.concatenate([[0.16], 0.02 + 0.10 * lesser]))

    @cached_property
    def specific(self) -> Vector:
        """D: an asset's own volatility is 12 to 40 %."""
        return np.asarray((0.12 + 0.28 * self._random(2).random(self.assets)) ** 2)

    @cached_property
    def expected(self) -> Vector:
        """μ: what the market and the first lesser factor earn, and 2 % of luck."""
        luck = 0.02 * self._random(3).standard_normal(self.assets)
        return np.asarray(0.04 * self.exposures[:, 0] + 0.02 * self.exposures[:, 1] + luck)

    @cached_property
    def covariance(self) -> Vector:
        """Σ, N × N."""
        return FactorCovariance(self.loadings, self.specific).full()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Symbols."""
        return tuple(f"A{index:04d}" for index in range(self.assets))

    @cached_property
    def groups(self) -> Index:
        """Each asset's group."""
        return np.arange(self.assets, dtype=np.int64) % GROUPS

    @cached_property
    def members(self) -> Vector:
        """10 × N: 1 where an asset is of a group."""
        return np.asarray(np.arange(GROUPS)[:, None] == self.groups, dtype=np.float64)

    @cached_property
    def rows(self) -> Vector:
        """A, 11 × N: the budget, then the groups."""
        return np.vstack([np.ones(self.assets), self.members])

    @cached_property
    def floor(self) -> Vector:
        """Of the rows."""
        return np.concatenate([[1.0], np.full(GROUPS, -np.inf)])

    @cached_property
    def cap(self) -> Vector:
        """Of the rows."""
        return np.concatenate([[1.0], np.full(GROUPS, GROUP_CAP)])

    @cached_property
    def upper(self) -> Vector:
        """Of the weights."""
        return np.full(self.assets, LARGEST)

    @cached_property
    def holdings(self) -> Vector:
        """w₀: a few large positions and many small ones, within the limits of a weight."""
        uneven = self._random(4).random(self.assets) ** 8
        return np.asarray(np.minimum(uneven / uneven.sum(), LARGEST))

    @cached_property
    def linear_cost(self) -> Vector:
        """κ: 5 to 15 bp of what is traded."""
        return np.asarray(0.0005 + 0.001 * self._random(5).random(self.assets))

    @cached_property
    def impact_cost(self) -> Vector:
        """c, of |w − w₀|^{3/2}: 32 to 126 bp to trade a tenth of the portfolio's value in one asset."""
        return np.asarray(0.01 + 0.03 * self._random(6).random(self.assets))

    def program(self, *, linear: bool = False, impact: bool = False, tilt: float = 0.0) -> Program:
        """For the Newton method, with costs if asked for; `tilt` moves μ by as much, at random."""
        return Program(
            self.expected + tilt * self._random(7).standard_normal(self.assets) if tilt else self.expected,
            AVERSION,
            np.zeros(self.assets),
            self.upper,
            self.floor,
            self.cap,
            start=self.holdings if linear or impact else None,
            linear_cost=self.linear_cost if linear else None,
            impact_cost=self.impact_cost if impact else None,
        )

    def programs(self, count: int) -> Programs:
        """As many clients: their own μ, γ of 2 to 20, caps of 2 to 10 %, holdings; a tenth of the names forbidden."""
        random = self._random(8)
        # Of few assets a cap of 2 % would leave nobody anything to hold.
        least = min(LARGEST, max(0.02, 2 / self.assets))
        upper = np.repeat(random.uniform(least, LARGEST, (count, 1)), self.assets, axis=1)
        upper[random.random((count, self.assets)) < 0.1] = 0.0
        held = random.random((count, self.assets)) ** 8
        return Programs(
            self.expected + 0.01 * random.standard_normal((count, self.assets)),
            np.exp(random.uniform(np.log(2.0), np.log(20.0), count)),
            np.zeros(self.assets),
            upper,
            self.floor,
            self.cap,
            start=held / held.sum(axis=1, keepdims=True),
        )

    def problem(self, goal: Goal, *, dense: bool = False, grouped: bool = True) -> Problem:
        """As the product's engines take it."""
        covariance: Covariance = FactorCovariance(self.loadings, self.specific)
        if dense:
            covariance = DenseCovariance(self.covariance)
        members = [tuple(np.array(self.names)[self.groups == group].tolist()) for group in range(GROUPS)]
        groups = tuple(Group(f"G{index}", each, max=GROUP_CAP) for index, each in enumerate(members))
        limits = Constraints(default_bounds=Bounds(0.0, LARGEST), groups=groups if grouped else ())
        return Problem(Moments(self.names, self.expected, covariance), goal, limits)

    def objective(self, weights: Vector) -> float:
        """½ γ wᵀΣw − μᵀw."""
        risk = np.square(self.loadings.T @ weights).sum() + self.specific @ np.square(weights)
        return float(0.5 * AVERSION * risk - self.expected @ weights)

    def costs(self, weights: Vector) -> float:
        """κᵀ|w − w₀| + cᵀ|w − w₀|^{3/2}."""
        moved = np.abs(weights - self.holdings)
        return float(self.linear_cost @ moved + self.impact_cost @ moved**1.5)

    def sharpe(self, weights: Vector, rate: float) -> float:
        """(μᵀw − r) / √(wᵀΣw)."""
        risk = np.square(self.loadings.T @ weights).sum() + self.specific @ np.square(weights)
        return float((self.expected @ weights - rate) / np.sqrt(risk))

    def violation(self, weights: Vector, upper: Vector | None = None) -> float:
        """How far the weights leave the limits, as the largest excess over any of them."""
        most = self.upper if upper is None else upper
        held = self.rows @ weights
        excess = [-weights, weights - most, held - self.cap, self.floor - held]
        return max(0.0, float(np.concatenate(excess).max()))

    def _random(self, stream: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, stream, self.assets])
