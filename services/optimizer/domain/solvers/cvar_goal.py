"""Goals of conditional value at risk, by scenario generation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from services.optimizer.domain.admissible import CVAR_ROW, AdmissibleSet
from services.optimizer.domain.certified import Certified
from services.optimizer.domain.constraints import CvarLimit
from services.optimizer.domain.costs import is_free
from services.optimizer.domain.engine import Control, Tell
from services.optimizer.domain.goal import Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import FrontierPoint, Solved, measures
from services.optimizer.domain.solvers import SCENARIOS
from services.optimizer.domain.solvers.cvar import (
    CvarPoint,
    CvarSolved,
    Scenarios,
    cvar_frontier,
    maximize_return_with_cvar_cap,
    minimize_cvar,
)


def is_linear_in_scenarios(problem: Problem) -> bool:
    """Whether the goal is the least CVaR, or the greatest return under a cap on it, with linear limits alone."""
    constraints, goal = problem.constraints, problem.goal
    if problem.moments.scenarios is None or constraints.max_tracking_error is not None:
        return False
    if goal.objective is Objective.CVAR:
        return constraints.max_cvar is None
    capped = constraints.max_cvar is not None and goal.max_volatility is None
    return goal.objective is Objective.RETURN and capped and is_free(problem.costs)


def solve_in_scenarios(problem: Problem, admissible: AdmissibleSet, control: Control) -> Certified:
    """Find the optimum. Raises Infeasible for a cap that cannot be met, OutOfTime, Cancelled or SolverFailed."""
    within = replace(admissible, gross=None)
    found = _found(problem, within, control)
    multipliers = replace(found.multipliers, cone=0.0, gross=found.gross_price)
    solved, limit = replace(found.solved, engine=SCENARIOS), problem.constraints.max_cvar
    if limit is None or found.row is None:
        return Certified(solved, multipliers, admissible, found.row)
    capped = admissible.with_caps(found.row[None, :], np.array([limit.max]), CVAR_ROW)
    return Certified(solved, replace(multipliers, rows=np.append(multipliers.rows, found.multipliers.cone)), capped)


def frontier_in_scenarios(
    problem: Problem, admissible: AdmissibleSet, points: int, control: Control, tell: Tell
) -> tuple[FrontierPoint, ...]:
    """The frontier of return and CVaR. Raises as `cvar_frontier`."""

    def told(index: int, point: CvarPoint) -> None:
        tell(index, _point(problem, point))

    found = cvar_frontier(
        replace(admissible, gross=None),
        problem.moments.expected_returns,
        scenarios_of(problem, problem.goal.cvar_confidence),
        points,
        control,
        gross=problem.constraints.max_gross,
        tell=told,
    )
    return tuple(_point(problem, each) for each in found)


def _point(problem: Problem, point: CvarPoint) -> FrontierPoint:
    solved = point.found.solved
    return FrontierPoint(solved.weights, measures(problem, solved.weights), solved.gap, solved.objective)


def _found(problem: Problem, within: AdmissibleSet, control: Control) -> CvarSolved:
    limit, goal, gross = problem.constraints.max_cvar, problem.goal, problem.constraints.max_gross
    gap = problem.stop.gap_target
    if goal.objective is Objective.CVAR or limit is None:
        scenarios = scenarios_of(problem, goal.cvar_confidence)
        return minimize_cvar(within, scenarios, control, gross=gross, gap_target=gap)
    expected = problem.moments.expected_returns
    scenarios = scenarios_of(problem, limit.confidence)
    return maximize_return_with_cvar_cap(within, expected, scenarios, limit.max, control, gross=gross, gap_target=gap)


def scenarios_of(problem: Problem, confidence: float) -> Scenarios:
    """The problem's scenarios, which are there: whoever asks for a CVaR is refused without them."""
    returns = problem.moments.scenarios
    if returns is None:
        raise ValueError("a CVaR without scenarios")
    return Scenarios.of(returns, confidence)


def measured_cvar(problem: Problem, solved: Solved) -> float | None:
    """The CVaR of the weights found, at the confidence of the cap or else of the goal; None without scenarios."""
    if problem.moments.scenarios is None:
        return None
    limit: CvarLimit | None = problem.constraints.max_cvar
    confidence = problem.goal.cvar_confidence if limit is None else limit.confidence
    return scenarios_of(problem, confidence).tail(solved.weights).cvar
