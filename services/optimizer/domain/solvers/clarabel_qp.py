"""The plain goals as quadratic and second-order cone programs, stated by hand for Clarabel: for any covariance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.certified import Certified
from services.optimizer.domain.costs import is_free
from services.optimizer.domain.engine import Control
from services.optimizer.domain.errors import Conflict, Infeasible, SolverFailed
from services.optimizer.domain.goal import RETURNS, Goal, Objective
from services.optimizer.domain.limits import rounded_up
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers import CLARABEL
from services.optimizer.domain.solvers.conic_goal import ConicGoal, volatility
from services.optimizer.domain.solvers.goal_solve import solve_goal
from services.optimizer.domain.solvers.greatest_return import ReturnGoal
from services.optimizer.domain.solvers.prepared import greatest_above_rate
from services.optimizer.domain.solvers.risk import RiskGoal
from services.optimizer.domain.solvers.sharpe import SharpeGoal
from services.optimizer.domain.solvers.utility import UtilityGoal

GOALS = frozenset({Objective.SHARPE, Objective.RETURN, Objective.RISK, Objective.UTILITY, Objective.DIVERSIFICATION})


def solve_by_clarabel(problem: Problem, admissible: AdmissibleSet, control: Control) -> Certified:
    """Find the optimum of a plain goal. Raises as `Engine.solve`."""
    stated = _as_ratio(problem)
    return _solve_or_explain(stated, _goal(stated, admissible, control), admissible, control)


def is_plain(problem: Problem) -> bool:
    """Whether the goal is stated here, with nothing beside it that is not."""
    constraints = problem.constraints
    beside = (constraints.max_gross, constraints.max_tracking_error, constraints.max_cvar)
    weighed = problem.goal.objective in RETURNS and not is_free(problem.costs)
    return problem.goal.objective in GOALS and not weighed and all(each is None for each in beside)


def _as_ratio(problem: Problem) -> Problem:
    """The diversification ratio is the Sharpe ratio of assets that each earn their volatility, above nothing."""
    if problem.goal.objective is not Objective.DIVERSIFICATION:
        return problem
    earned = np.sqrt(problem.moments.covariance.variances)
    return replace(problem, moments=replace(problem.moments, expected_returns=earned), goal=Goal())


def _goal(problem: Problem, admissible: AdmissibleSet, control: Control) -> ConicGoal:
    """The goal as a program. Raises NoExcessReturn."""
    match problem.goal.objective:
        case Objective.RISK:
            return RiskGoal.of(problem.moments.covariance, admissible)
        case Objective.RETURN:
            return ReturnGoal.of(problem, admissible)
        case Objective.UTILITY:
            return UtilityGoal.of(problem, admissible)
        case Objective.SHARPE:
            return SharpeGoal.of(problem, admissible, greatest_above_rate(problem, admissible, control))
    raise SolverFailed(CLARABEL, f"{problem.goal.objective} is not stated for it")


def _solve_or_explain(problem: Problem, goal: ConicGoal, admissible: AdmissibleSet, control: Control) -> Certified:
    """Solve; a cone that no admissible weights reach is told as the conflict that it is."""
    try:
        return solve_goal(goal, problem, control, maximizes=problem.goal.maximizes)
    except SolverFailed:
        greatest = problem.goal.max_volatility
        if greatest is None or problem.goal.objective is not Objective.RETURN:
            raise
        calmest = solve_goal(RiskGoal.of(problem.moments.covariance, admissible), problem, control, maximizes=False)
        least = volatility(problem.moments.covariance, calmest.solved.weights)
        if least <= greatest:
            raise
        raise Infeasible([_too_calm(greatest, least)], together=False) from None


def _too_calm(greatest: float, least: float) -> Conflict:
    needed = rounded_up(least)
    sentence = f"the greatest volatility is {greatest:.6g}; it would have to be at least {needed:.6g}"
    return Conflict("MAX_VOLATILITY", "goal.max_volatility", sentence, greatest, needed)
