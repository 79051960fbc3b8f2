"""The certificate of every program, the conditional value at risk among them."""

from __future__ import annotations

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.certificate import Certificate
from services.optimizer.domain.certificate import _Tangent as Tangent
from services.optimizer.domain.dual_bound import Kinks, Multipliers, linear_bound
from services.optimizer.domain.goal import Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.general_tail import cvar
from services.optimizer.domain.vectors import Vector


class GeneralCertificate(Certificate):
    """As `Certificate`; the least CVaR is bounded by a row that lies below it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self._problem = problem
        self.tail: Vector = np.zeros(problem.assets)
        """a with CVaR(w) ≥ aᵀw for every w, if CVaR is the goal: set, like the next two, before a bound is asked for."""
        self.calm: Vector = np.zeros(problem.assets)
        """g with gᵀv ≤ √(vᵀΣv) for every v, for the cap on the volatility."""
        self.impact: Vector = np.zeros(problem.assets)
        """u, slopes of the 3/2-power costs; 0 where there are none."""
        self.near: Vector = np.zeros(problem.assets)
        """The same for the cap on the tracking error."""

    def objective(self, weights: Vector) -> float:
        """The goal's value. Raises Unbounded for a ratio to no risk."""
        if self._goal.objective is Objective.CVAR:
            return self.cvar(weights, self._goal.cvar_confidence)
        return super().objective(weights)

    def bound(self, weights: Vector, admissible: AdmissibleSet, multipliers: Multipliers) -> float:
        """What no admissible weights can be better than; see `Certificate.bound`."""
        if self._goal.objective is not Objective.CVAR:
            return super().bound(weights, admissible, multipliers)
        caps = self._caps(weights, multipliers)
        return -linear_bound(caps.slope - self.tail, admissible, multipliers)[0] - caps.constant

    def cvar(self, weights: Vector, confidence: float) -> float:
        """Over the moments' scenarios, per session."""
        scenarios = self._moments.scenarios
        assert scenarios is not None, "refused before: the conditional value at risk needs scenarios"
        return cvar(scenarios, confidence, weights)

    def _caps(self, weights: Vector, multipliers: Multipliers) -> Tangent:  # noqa: ARG002
        """What pricing the caps adds: η (v − gᵀ(w − origin)) for each."""
        slope, constant = np.zeros(self._problem.assets), 0.0
        greatest, tracking = self._goal.max_volatility, self._problem.constraints.max_tracking_error
        if greatest is not None:
            price = max(0.0, multipliers.cone)
            slope -= price * self.calm
            constant += price * greatest
        if tracking is not None:
            price = max(0.0, multipliers.tracking)
            slope -= price * self.near
            constant += price * (tracking + float(self.near @ self._benchmark))
        return Tangent(slope, constant)

    def _smooth_costs(self, weights: Vector) -> Tangent:  # noqa: ARG002
        """c d^{3/2} ≥ u d − 4u³/(27c²) for any slope u ≥ 0; the u d is among the kinks."""
        slope = np.zeros(self._problem.assets)
        if self.rates is None:
            return Tangent(slope)
        at = self.impact > 0
        return Tangent(slope, float((4 / 27 * self.impact[at] ** 3 / self.rates.power[at] ** 2).sum()))

    def _kinks(self) -> Kinks | None:
        return None if self.rates is None else Kinks(self.rates.linear + self.impact, self.rates.borrow)

    def overrun(self, weights: Vector) -> float:
        """By how much the weights exceed a cap on volatility, tracking error or CVaR; 0 or below if none."""
        said = self._problem.constraints
        over = [0.0]
        if self._goal.max_volatility is not None:
            over.append(self.risk(weights) - self._goal.max_volatility)
        if said.max_tracking_error is not None:
            over.append(self.tracking(weights) - said.max_tracking_error)
        if said.max_cvar is not None:
            over.append(self.cvar(weights, said.max_cvar.confidence) - said.max_cvar.max)
        return max(over)
