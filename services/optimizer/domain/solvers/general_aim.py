"""What is minimized for each goal, of order one, and what the program's multipliers are worth in the goal's unit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from services.optimizer.domain.certificate import RATIOS, Certificate
from services.optimizer.domain.goal import RELATIVE, Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.general_statement import Statement

# Of a typical variance: of a square near 0 the root shows what the solver tolerates, so that the square is blown up.
SQUARE = 1e-3
SQUARED = frozenset({Objective.RISK, Objective.TRACKING_ERROR})


class Aim:
    """A goal on a statement; a ratio's is to reach an excess with the least risk."""

    def __init__(
        self, objective: Objective, statement: Statement, problem: Problem, certificate: Certificate, excess: float
    ) -> None:
        """The certificate tells what is earned, whose-ever objective it is."""
        self._objective = objective
        self._statement, self._problem, self._certificate = statement, problem, certificate
        if objective in RATIOS:
            earned = self._earned() - certificate.rate * statement.scale
            statement.limit("EXCESS", earned >= excess)

    @property
    def unit(self) -> float:
        """The program's multipliers over those in the unit of the goal, or of a ratio's excess; infinite if nothing is.

        Those of ½ wᵀΣw are √(wᵀΣw) times those of √(wᵀΣw).
        """
        if self._objective in RATIOS:
            return float(self._statement.dual("EXCESS"))
        if self._objective in SQUARED:
            return self._certificate.objective(self._statement.found()) / self._size or math.inf
        return 1.0 / self._size

    def cost(self) -> Any:
        """What is minimized."""
        goal, statement = self._problem.goal, self._statement
        origin = self._problem.benchmark() if self._objective in RELATIVE else None
        match self._objective:
            case Objective.RETURN:
                cost = -self._earned()
            case Objective.UTILITY | Objective.ACTIVE_UTILITY:
                cost = 0.5 * goal.risk_aversion * statement.variance(origin) - self._earned()
            case Objective.CVAR:
                cost = statement.cvar(goal.cvar_confidence, "WORST")
            case _:
                # Clarabel finds the weights of the least square to twice the digits of those of the least root.
                cost = 0.5 * statement.variance(origin)
        return cost / self._size

    @property
    def _size(self) -> float:
        """By what the cost is divided to be of order one."""
        goal = self._problem.goal
        largest = float(np.abs(self._certificate.reward).max())
        typical = self._problem.moments.covariance.typical_variance
        match self._objective:
            case Objective.UTILITY | Objective.ACTIVE_UTILITY:
                return max(largest, goal.risk_aversion * typical)
            case Objective.RETURN:
                return largest or 1.0
            case Objective.CVAR:
                scenarios = self._problem.moments.scenarios
                return 1.0 if scenarios is None else float(np.sqrt(np.square(scenarios).mean())) or 1.0
        return SQUARE * typical

    def _earned(self) -> Any:
        return self._certificate.reward @ self._statement.weights - self._statement.costs()
