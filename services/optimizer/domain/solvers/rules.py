"""Objectives that say what the weights are: budgets of risk, cluster trees, baselines.

Only risk budgets are the optimum of a program, and have a bound of their own; of the others the objective is the
volatility of the weights, and the bound repeats it.
"""

from __future__ import annotations

import math

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.allocations.baselines import equal_weight, inverse_volatility
from services.optimizer.domain.allocations.hierarchy import hierarchical_equal_risk, hierarchical_risk_parity
from services.optimizer.domain.allocations.risk_budgeting import risk_budgeting
from services.optimizer.domain.allocations.riskless import NoRisk
from services.optimizer.domain.certified import Certified
from services.optimizer.domain.covariance import variance
from services.optimizer.domain.engine import Control, relative_gap
from services.optimizer.domain.errors import InvalidProblem, Violation
from services.optimizer.domain.goal import RULES, Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import Solved
from services.optimizer.domain.vectors import Vector, vector


def is_rule(problem: Problem) -> bool:
    """Whether the objective says what the weights are."""
    return problem.goal.objective in RULES


def solve_rule(problem: Problem, admissible: AdmissibleSet, control: Control) -> Certified:  # noqa: ARG001
    """The weights that the rule gives. Raises InvalidProblem where a budget of risk cannot be met; SolverFailed."""
    control.check()
    if problem.goal.objective is Objective.RISK_PARITY:
        return Certified(_budgeted(problem))
    return Certified(_told(problem, _weights(problem)))


def _weights(problem: Problem) -> Vector:
    covariance, goal = problem.moments.covariance, problem.goal
    match goal.objective:
        case Objective.HIERARCHICAL_RISK_PARITY:
            return hierarchical_risk_parity(covariance, goal.linkage).weights
        case Objective.HIERARCHICAL_EQUAL_RISK:
            return hierarchical_equal_risk(covariance, goal.linkage, goal.clusters).weights
        case Objective.INVERSE_VOLATILITY:
            return inverse_volatility(covariance)
    return equal_weight(problem.assets)


def _told(problem: Problem, weights: Vector) -> Solved:
    size = math.sqrt(variance(problem.moments.covariance, weights))
    return Solved(vector(weights), size, size, 0.0, 0, str(problem.goal.objective), clock_stopped=False)


def _budgeted(problem: Problem) -> Solved:
    budgets = problem.goal.risk_budgets
    shares = np.array([budgets[symbol] for symbol in problem.symbols]) if budgets else None
    try:
        found = risk_budgeting(problem.moments.covariance, shares)
    except NoRisk as error:
        raise InvalidProblem([_unmet(problem, error)]) from None
    gap = relative_gap(found.objective, found.bound)
    weights = vector(found.weights)
    return Solved(weights, found.objective, found.bound, gap, found.iterations, "risk_budgeting", clock_stopped=False)


def _unmet(problem: Problem, error: NoRisk) -> Violation:
    named = ", ".join(problem.symbols[index] for index in error.assets[:10])
    carriers = f"{named} carry" if named else "a long-only portfolio carries"
    mend = f"{carriers} no risk, so that no share of it can be met: give a share of 0 or leave them out"
    return Violation("goal.risk_budgets", mend)
