"""The certificate of every program, its tangents taken from the multipliers where those know them to more digits.

Weights come of a cone program to half the digits of its value, and so do gradients at them. Its multipliers name
slopes that hold for all weights as well and fit each other to all digits:

    √(vᵀΣv) ≥ gᵀv        c d^{3/2} ≥ u d − 4u³/(27c²)        CVaR(w) ≥ aᵀw
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.certificate import Certificate
from services.optimizer.domain.certificate import _Tangent as Tangent
from services.optimizer.domain.dual_bound import Kinks, Multipliers, linear_bound
from services.optimizer.domain.goal import Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.cvar_goal import scenarios_of
from services.optimizer.domain.vectors import Vector


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """By asset, each of length N; any will do for a bound, the optimum's for a tight one."""

    calm: Vector
    """g of the cap on the volatility."""
    near: Vector
    """g of the cap on the tracking error."""
    impact: Vector
    """u ≥ 0."""
    tail: Vector
    """a, if CVaR is the goal."""

    @classmethod
    def flat(cls, assets: int) -> Slopes:
        """None at all."""
        return cls(*np.zeros((4, assets)))


class GeneralCertificate(Certificate):
    """As `Certificate`, for CVaR too."""

    def __init__(self, problem: Problem, slopes: Slopes | None = None) -> None:
        super().__init__(problem)
        self._problem = problem
        self._slopes = Slopes.flat(problem.assets) if slopes is None else slopes

    def objective(self, weights: Vector) -> float:
        """The goal's value. Raises Unbounded for a ratio to no risk."""
        if self._goal.objective is Objective.CVAR:
            return self.cvar(weights, self._goal.cvar_confidence)
        return super().objective(weights)

    def bound(self, weights: Vector, admissible: AdmissibleSet, multipliers: Multipliers) -> float:
        """What no admissible weights can beat; see `Certificate.bound`."""
        if self._goal.objective is not Objective.CVAR:
            return super().bound(weights, admissible, multipliers)
        caps = self._caps(weights, multipliers)
        return -linear_bound(caps.slope - self._slopes.tail, admissible, multipliers)[0] - caps.constant

    def cvar(self, weights: Vector, confidence: float) -> float:
        """Over the moments' scenarios, a fraction per session."""
        return scenarios_of(self._problem, confidence).tail(weights).cvar

    def overrun(self, weights: Vector) -> float:
        """By how much the weights exceed a cap on volatility, tracking error or CVaR; 0 if none."""
        over, tail = [0.0], self._problem.constraints.max_cvar
        if self._goal.max_volatility is not None:
            over.append(self.risk(weights) - self._goal.max_volatility)
        if self._tracking_cap is not None:
            over.append(self.tracking(weights) - self._tracking_cap)
        if tail is not None:
            over.append(self.cvar(weights, tail.confidence) - tail.max)
        return max(over)

    @property
    def kinks(self) -> Kinks | None:
        """With the slopes of the impact, which pull the same way."""
        return None if self.rates is None else Kinks(self.rates.linear + self._slopes.impact, self.rates.borrow)

    def _smooth_costs(self, weights: Vector) -> Tangent:
        """What the slopes of the impact, which are among the kinks, put too much."""
        flat = np.zeros(weights.size)
        if self.rates is None:
            return Tangent(flat)
        at = self._slopes.impact > 0
        return Tangent(flat, float((4 / 27 * self._slopes.impact[at] ** 3 / self.rates.power[at] ** 2).sum()))

    def _caps(self, weights: Vector, multipliers: Multipliers) -> Tangent:
        """What pricing the caps adds: η (v − gᵀ(w − origin)) for each."""
        slope, constant, slopes = np.zeros(weights.size), 0.0, self._slopes
        if self._goal.max_volatility is not None:
            price = max(0.0, multipliers.cone)
            slope = slope - price * slopes.calm
            constant += price * self._goal.max_volatility
        if self._tracking_cap is not None:
            price = max(0.0, multipliers.tracking)
            slope = slope - price * slopes.near
            constant += price * (self._tracking_cap + float(slopes.near @ self._benchmark))
        return Tangent(slope, constant)
