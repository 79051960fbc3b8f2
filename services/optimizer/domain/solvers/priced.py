"""Every concave goal as one quadratic program whose prices are searched for.

    max  aᵀw − ½ q (w − c)ᵀΣ(w − c) − ½ ρ (w − b)ᵀΣ(w − b) − costs(w)

a is what the goal wants, q its aversion to risk, c the benchmark of a relative goal and ρ the price of the cap on the
tracking error. A utility states q. A ratio's optimum is where q = (aᵀw − costs − r) / wᵀΣw, the tangency of Sharpe
(1966). A cap on the volatility has the price q at which it is met. With θ = 1/q or 1/ρ each of these is where a rising
ratio is one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from services.optimizer.domain.certificate import RATIOS, Certificate
from services.optimizer.domain.dual_bound import Multipliers
from services.optimizer.domain.engine import Control
from services.optimizer.domain.errors import OutOfTime
from services.optimizer.domain.goal import RELATIVE, RISKS, Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.quadratics import Point, Quadratic, Quadratics
from services.optimizer.domain.solvers.rising_root import Bracket, rising_root
from services.optimizer.domain.vectors import Vector

ROOT = 1e-13
"""How near to its cap a risk is brought, relative to it."""
FLAT = 1e-12
"""How near to the tangency. The ratio itself is flat there, but not what proves it."""


class CapTooTight(Exception):
    """No price is high enough to bring the risk under its cap: most likely nothing admissible is that calm."""


class CapTooLoose(Exception):
    """The cap on risk does not press, so that there is no quadratic program behind the goal."""


@dataclass(frozen=True, slots=True)
class Priced:
    """A point with the prices that its multipliers belong to; multipliers in the unit of aᵀw."""

    point: Point
    aversion: float
    tracking_price: float = 0.0

    @property
    def weights(self) -> Vector:
        """w."""
        return self.point.weights


Tell = Callable[[Vector, Multipliers], None]


class PricedSearch:
    """Finds the prices of one problem; `tell` hears of admissible weights on the way, with multipliers as `found`'s."""

    def __init__(
        self, problem: Problem, certificate: Certificate, quadratics: Quadratics, control: Control, tell: Tell
    ) -> None:
        self._tell = tell
        self._goal, self._certificate = problem.goal, certificate
        self._quadratics, self._control = quadratics, control
        self._benchmark, self._covariance = problem.benchmark(), problem.moments.covariance
        self._tracking_cap = problem.constraints.max_tracking_error
        self.clock_stopped = False

    def found(self) -> tuple[Vector, Multipliers]:
        """The optimum, with multipliers in the unit of the goal, a ratio's in that of its excess.

        Raises CapTooTight, CapTooLoose, SolverFailed, OutOfTime, Cancelled.
        """
        objective = self._goal.objective
        if objective in RATIOS:
            priced = self._tangency()
        elif objective is Objective.RETURN:
            priced = self._calm_enough()
        else:
            priced = self._at(1.0 if objective in RISKS else self._goal.risk_aversion)
        return priced.weights, self._in_unit(priced)

    def _in_unit(self, priced: Priced) -> Multipliers:
        """Least risk is found as the least ½ variance, whose gradient is the risk times that of the risk."""
        prices, certificate = priced.point.multipliers, self._certificate
        if self._goal.max_volatility is not None:
            prices = replace(prices, cone=priced.aversion * certificate.risk(priced.weights))
        if priced.tracking_price > 0:
            prices = replace(prices, tracking=priced.tracking_price * certificate.tracking(priced.weights))
        if self._goal.objective not in RISKS:
            return prices
        size = (certificate.risk if self._goal.objective is Objective.RISK else certificate.tracking)(priced.weights)
        return prices.scaled(1 / size if size > 0 else 0.0)

    def _at(self, aversion: float) -> Priced:
        """The optimum for one q, with the tracking error under its cap."""
        if self._tracking_cap is None:
            return Priced(self._solved(aversion, 0.0), aversion)
        if aversion > 0:
            free = self._solved(aversion, 0.0)
            if self._certificate.tracking(free.weights) <= self._tracking_cap * (1 + ROOT):
                return Priced(free, aversion)
        return self._near_enough(aversion, self._tracking_cap)

    def _near_enough(self, aversion: float, cap: float) -> Priced:
        """The optimum for one q whose tracking error is the cap: the root in θ = 1/(q + ρ)."""

        def used(theta: float) -> tuple[float, Priced]:
            price = max(0.0, 1 / theta - aversion)
            point = self._solved(aversion, price)
            return self._certificate.tracking(point.weights) / cap, Priced(point, aversion, price)

        most = 1 / aversion if aversion > 0 else math.inf
        return self._below(rising_root(used, self._first(cap), most=most, stopped=self._stopped))

    def _calm_enough(self) -> Priced:
        """OBJECTIVE_RETURN: the root of the volatility in θ = 1/q, unless the cap on the tracking error does."""
        cap = self._goal.max_volatility
        if self._tracking_cap is not None:
            priced = self._at(0.0)
            if cap is None or self._certificate.risk(priced.weights) <= cap * (1 + ROOT):
                return priced
        if cap is None:
            raise CapTooLoose

        def used(theta: float) -> tuple[float, Priced]:
            priced = self._at(1 / theta)
            share = self._certificate.risk(priced.weights) / cap
            if share <= 1:
                self._tell(priced.weights, self._in_unit(priced))
            return share, priced

        return self._below(rising_root(used, self._first(cap), stopped=self._stopped))

    def _tangency(self) -> Priced:
        """A ratio: where θ (aᵀw − costs − r) reaches wᵀΣw, in θ = 1/q."""
        first = self._first_ratio()
        if self._tracking_cap is None and not self._stopped():
            self._control.check()
            start = Quadratic(self._certificate.reward, 1 / first)
            quick = self._quadratics.behind_ratio(start, self._certificate.rate, FLAT)
            if quick is not None:
                return Priced(*quick)

        def reached(theta: float) -> tuple[float, Priced]:
            priced = self._at(1 / theta)
            self._tell(priced.weights, self._in_unit(priced))
            gained, square = (
                theta * self._certificate.excess(priced.weights),
                self._certificate.risk(priced.weights) ** 2,
            )
            if square <= 0:
                return (1.0 if gained <= 0 else math.inf), priced
            ratio = gained / square
            return (1.0 if abs(ratio - 1) <= FLAT else ratio), priced

        bracket = rising_root(reached, first, stopped=self._stopped)
        if bracket.above is None and bracket.below is not None and bracket.below.value < -ROOT:
            raise CapTooLoose  # However little risk counts, nothing exceeds the rate enough.
        return self._below(bracket)

    def _below(self, bracket: Bracket[Priced]) -> Priced:
        """The side on which the cap is kept. Raises CapTooTight, CapTooLoose, OutOfTime."""
        if self._stopped():
            self.clock_stopped = True
            if bracket.below is None:
                raise OutOfTime("the time ran out before there was an admissible answer")
        if bracket.below is None:
            raise CapTooTight
        if bracket.above is None and bracket.below.value < -ROOT and not self.clock_stopped:
            raise CapTooLoose
        return bracket.below.found

    def _solved(self, aversion: float, tracking_price: float) -> Point:
        self._control.check()
        linear, towards = self._certificate.reward, tracking_price
        if self._goal.objective in RELATIVE:
            towards += aversion
        if towards > 0:
            linear = linear + towards * self._pull
        return self._quadratics.solve(Quadratic(linear, aversion + tracking_price))

    @cached_property
    def _pull(self) -> Vector:
        """Σb."""
        return self._covariance.times(self._benchmark)

    def _first(self, cap: float) -> float:
        """Where to look for θ first: a portfolio along a of that risk, w = θ a/σ², has θ |a| / σ ≈ cap."""
        reward, typical = self._certificate.reward, math.sqrt(self._covariance.typical_variance)
        spread = float(np.abs(reward).max(initial=0.0))
        return cap * typical / spread if spread > 0 else 1.0

    def _first_ratio(self) -> float:
        """Where to look for θ = wᵀΣw / (aᵀw − r) first: as if assets moved apart, w ∝ (a − r)⁺ / σ²."""
        variances, excess = self._covariance.variances, self._certificate.reward - self._certificate.rate
        guess = np.maximum(excess, 0.0) / np.where(variances > 0, variances, np.inf)
        total = float(guess.sum())
        if total <= 0:
            return 1.0
        weights = guess / total
        gained, square = float(excess @ weights), self._certificate.risk(weights) ** 2
        return square / gained if gained > 0 and square > 0 else 1.0

    def _stopped(self) -> bool:
        return self._control.seconds_left() <= 0
