"""How good weights are, and what no admissible weights can be better than: for every goal that is a concave program.

    F(w) = smooth(w) − Σ κᵢ|wᵢ − w₀ᵢ| − Σ bᵢ max(−wᵢ, 0)         subject to caps on √(wᵀΣw) and √((w − b)ᵀΣ(w − b))

At the found weights ŵ the smooth part is replaced by its tangent, which lies above it, and each cap by its own, which
lies below it. What is left is linear but for kinks, and `linear_bound` bounds it for *any* multipliers. At the optimum
all of it is tight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.costs import CostRates, cost_rates, is_free
from services.optimizer.domain.dual_bound import Found, Kinks, Multipliers, linear_bound, sharpe_bound
from services.optimizer.domain.errors import Unbounded
from services.optimizer.domain.goal import RETURNS, Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.vectors import Vector

# Below this fraction of a typical asset's volatility a portfolio counts as free of risk: 0.01 % a year where assets
# have 20 %. Where a covariance lacks full rank a solver comes no nearer to no risk at all.
RISKLESS = 5e-4
RATIOS = frozenset({Objective.SHARPE, Objective.DIVERSIFICATION})


@dataclass(frozen=True, slots=True, eq=False)
class _Tangent:
    """slopeᵀw + constant."""

    slope: Vector
    constant: float = 0.0

    def plus(self, other: _Tangent | None) -> _Tangent:
        """The sum of both."""
        return self if other is None else _Tangent(self.slope + other.slope, self.constant + other.constant)


def weighed_rates(problem: Problem) -> CostRates | None:
    """What costs take off the goal; None if they are not weighed."""
    weighed = problem.goal.objective in RETURNS and not is_free(problem.costs)
    return cost_rates(problem.costs, problem.moments) if weighed else None


class Certificate:
    """The goal of a problem as a function of weights, in the unit of the goal."""

    def __init__(self, problem: Problem) -> None:
        self._goal, self._moments = problem.goal, problem.moments
        self._start, self._benchmark = problem.current_weights(), problem.benchmark()
        self._tracking_cap = problem.constraints.max_tracking_error
        self.rates: CostRates | None = weighed_rates(problem)
        self._last: tuple[Vector, Vector] | None = None  # v and Σv

    @property
    def reward(self) -> Vector:
        """What the goal wants more of, by asset: μ, or σ for the diversification ratio, or nothing."""
        if self._goal.objective is Objective.DIVERSIFICATION:
            return np.sqrt(self._moments.covariance.variances)
        wants = self._goal.objective in RETURNS
        return self._moments.expected_returns if wants else np.zeros(self._start.size)

    @property
    def rate(self) -> float:
        """r: what the reward is counted above, in a ratio."""
        return self._goal.risk_free_rate if self._goal.objective is Objective.SHARPE else 0.0

    def risk(self, weights: Vector) -> float:
        """√(wᵀΣw)."""
        return math.sqrt(max(0.0, float(weights @ self._times(weights))))

    def tracking(self, weights: Vector) -> float:
        """√((w − b)ᵀΣ(w − b))."""
        return self.risk(weights - self._benchmark)

    def excess(self, weights: Vector) -> float:
        """reward − costs − r."""
        return float(self.reward @ weights) - self._costs(weights) - self.rate

    def objective(self, weights: Vector) -> float:
        """The goal's value. Raises Unbounded for a ratio to no risk."""
        match self._goal.objective:
            case Objective.RISK:
                return self.risk(weights)
            case Objective.TRACKING_ERROR:
                return self.tracking(weights)
            case Objective.UTILITY:
                return self.excess(weights) - 0.5 * self._goal.risk_aversion * self.risk(weights) ** 2
            case Objective.ACTIVE_UTILITY:
                own = self.excess(weights) - float(self.reward @ self._benchmark)
                return own - 0.5 * self._goal.risk_aversion * self.tracking(weights) ** 2
            case Objective.SHARPE | Objective.DIVERSIFICATION:
                return self.excess(weights) / self._told_risk(weights)
        return self.excess(weights)

    def bound(self, weights: Vector, admissible: AdmissibleSet, multipliers: Multipliers) -> float:
        """What no admissible weights can beat; multipliers in the unit of the goal, a ratio's in that of its excess."""
        tangent = self._tangent(weights, multipliers)
        if self._goal.objective in RATIOS:
            at = Found(self.objective(weights), self.risk(weights), self._gradient(weights))
            rate = self.rate - tangent.constant
            return sharpe_bound(tangent.slope, rate, admissible, multipliers, at=at, kinks=self.kinks)
        value = linear_bound(tangent.slope, admissible, multipliers, self.kinks)[0] + tangent.constant
        return value if self._goal.maximizes else max(0.0, -value)

    def slope(self, weights: Vector, multipliers: Multipliers) -> Vector:
        """What more of each asset is worth at ŵ before rows, bounds and kinks; in the multipliers' unit."""
        slope = self._tangent(weights, multipliers).slope
        if self._goal.objective in RATIOS:
            slope = slope - self.objective(weights) * self._gradient(weights)
        return slope

    @property
    def kinks(self) -> Kinks | None:
        """What costs take off, but for their smooth part; None if they are not weighed."""
        return None if self.rates is None else Kinks(self.rates.linear, self.rates.borrow)

    def _tangent(self, weights: Vector, multipliers: Multipliers) -> _Tangent:
        return self._smooth(weights).plus(self._smooth_costs(weights)).plus(self._caps(weights, multipliers))

    def _smooth(self, weights: Vector) -> _Tangent:
        """The tangent at ŵ of what is maximized, before costs; of a ratio, that of its numerator above −r."""
        match self._goal.objective:
            case Objective.RISK:
                return _Tangent(-self._gradient(weights))
            case Objective.TRACKING_ERROR:
                gradient = self._gradient(weights - self._benchmark)
                return _Tangent(-gradient, float(gradient @ self._benchmark))
            case Objective.UTILITY:
                pull = self._goal.risk_aversion * self._times(weights)
                return _Tangent(self.reward - pull, 0.5 * float(pull @ weights))
            case Objective.ACTIVE_UTILITY:
                away = weights - self._benchmark
                pull = self._goal.risk_aversion * self._times(away)
                constant = 0.5 * float(pull @ away) + float((pull - self.reward) @ self._benchmark)
                return _Tangent(self.reward - pull, constant)
        return _Tangent(self.reward)

    def _caps(self, weights: Vector, multipliers: Multipliers) -> _Tangent | None:
        """What pricing the caps adds, η (v − gᵀw) for each; None if there are none."""
        if self._goal.max_volatility is None and self._tracking_cap is None:
            return None
        slope, constant = np.zeros(weights.size), 0.0
        if self._goal.max_volatility is not None:
            price = max(0.0, multipliers.cone)
            slope = slope - price * self._gradient(weights)
            constant += price * self._goal.max_volatility
        if self._tracking_cap is not None:
            price, gradient = max(0.0, multipliers.tracking), self._gradient(weights - self._benchmark)
            slope = slope - price * gradient
            constant += price * (self._tracking_cap + float(gradient @ self._benchmark))
        return _Tangent(slope, constant)

    def _smooth_costs(self, weights: Vector) -> _Tangent | None:
        """The tangent of minus the 3/2-power part of the costs; None if they are not weighed."""
        if self.rates is None:
            return None
        slope = self.rates.slope(weights, self._start)
        moved = np.abs(weights - self._start)
        value = float(self.rates.power @ (moved * np.sqrt(moved)))
        return _Tangent(-slope, float(slope @ weights) - value)

    def _costs(self, weights: Vector) -> float:
        return 0.0 if self.rates is None else self.rates.yearly(weights, self._start)

    def _gradient(self, direction: Vector) -> Vector:
        """Σv / √(vᵀΣv), whose product with any u is at most √(uᵀΣu); zero where v carries no risk."""
        size = self.risk(direction)
        return self._times(direction) / size if size > 0 else np.zeros(direction.size)

    def _times(self, direction: Vector) -> Vector:
        """Σv; kept, since all that is asked of one v comes in a row. v must not be written to meanwhile."""
        if self._last is None or self._last[0] is not direction:
            self._last = (direction, self._moments.covariance.times(direction))
        return self._last[1]

    def _told_risk(self, weights: Vector) -> float:
        """√(wᵀΣw), or Unbounded where there is next to none."""
        size = self.risk(weights)
        if size <= RISKLESS * math.sqrt(self._moments.covariance.typical_variance):
            raise Unbounded("a portfolio without risk earns more than the risk-free rate: the ratio has no maximum")
        return size
