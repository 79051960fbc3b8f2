"""The multipliers of a solved statement, in the words of the admissible set and in the unit of the goal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from services.optimizer.domain.admissible import CVAR_ROW, AdmissibleSet
from services.optimizer.domain.dual_bound import Multipliers
from services.optimizer.domain.goal import Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.cvar.goals import distribution
from services.optimizer.domain.solvers.cvar_goal import scenarios_of
from services.optimizer.domain.solvers.general_certificate import Slopes
from services.optimizer.domain.solvers.general_statement import Statement, kinds, specific_and_loadings
from services.optimizer.domain.vectors import Vector


class Prices:
    """What cvxpy's dual values say; `unit` is how much of the program's cost one of the goal is."""

    def __init__(self, statement: Statement, problem: Problem, admissible: AdmissibleSet, unit: float) -> None:
        self._statement, self._problem, self._admissible, self._unit = statement, problem, admissible, unit

    def multipliers(self) -> tuple[AdmissibleSet, Multipliers]:
        """Of the admissible set's rows and of the caps; a cap on CVaR is one row more, a tangent to it."""
        admissible, rows = self._admissible, np.zeros(len(self._admissible.rows))
        fixed, capped, floored = kinds(admissible)
        for name, where, sign in (("FIXED", fixed, 1.0), ("CAPPED", capped, 1.0), ("FLOORED", floored, -1.0)):
            if where.any():
                rows[where] += sign * self._statement.dual(name)
        heads = ("TURNOVER", "MAX_VOLATILITY", "MAX_GROSS", "MAX_TRACKING_ERROR")
        found = Multipliers(rows, *(self._price(name) for name in heads)).scaled(1.0 / self._unit)
        tail = self._problem.constraints.max_cvar
        if tail is None:
            return admissible, found
        row = self._tail("TAIL", tail.confidence)
        return (
            admissible.with_caps(row[None, :], np.array([tail.max]), CVAR_ROW),
            replace(found, rows=np.append(found.rows, self._price("MAX_CVAR") / self._unit)),
        )

    def slopes(self) -> Slopes:
        """The tangents that go with them."""
        goal, count = self._problem.goal, self._admissible.assets
        seeks_cvar = goal.objective is Objective.CVAR
        return Slopes(
            calm=self._direction("MAX_VOLATILITY"),
            near=self._direction("MAX_TRACKING_ERROR"),
            impact=self._impact(),
            tail=self._tail("WORST", goal.cvar_confidence) if seeks_cvar else np.zeros(count),
        )

    def _price(self, name: str) -> float:
        """Of a single limit, or of a cone's head; 0 if it is not there."""
        dual: Any = self._statement.dual(name)
        if dual is None:
            return 0.0
        return float(np.ravel(dual[0])[0] if isinstance(dual, list) else dual)

    def _direction(self, name: str) -> Vector:
        """g = −Bᵀz / λ of a cone's multiplier (λ, z), Σ = BᵀB: since ‖z‖ ≤ λ, gᵀv ≤ ‖Bv‖ for every v."""
        dual = self._statement.dual(name)
        if dual is None:
            return np.zeros(self._admissible.assets)
        specific, loadings = specific_and_loadings(self._problem.moments.covariance)
        along, own = np.ravel(dual[1]), np.flatnonzero(specific > 0)
        along = -along / (max(self._price(name), float(np.linalg.norm(along))) or 1.0)
        pull = loadings @ along[own.size :]
        pull[own] += np.sqrt(specific[own]) * along[: own.size]
        return np.asarray(pull)

    def _impact(self) -> Vector:
        """u: what the two cones of d^{3/2} pull at d."""
        slopes, power, root = (
            np.zeros(self._admissible.assets),
            self._statement.dual("POWER"),
            self._statement.dual("ROOT"),
        )
        if power is not None:
            # d is the first inner and the second left: −2z₁ and −(λ + z₂).
            pull = -2.0 * np.asarray(power[1])[0] - np.ravel(root[0]) - np.asarray(root[1])[1]
            slopes[self._statement.impacted] = np.maximum(pull, 0.0) / (self._statement.trade * self._unit)
        return slopes

    def _tail(self, name: str, confidence: float) -> Vector:
        """a of the scenarios' weights that the prices of their excesses are nearest to."""
        scenarios = scenarios_of(self._problem, confidence)
        prices = np.maximum(np.ravel(self._statement.dual(name)), 0.0)
        return scenarios.row(distribution(prices, scenarios.shares))
