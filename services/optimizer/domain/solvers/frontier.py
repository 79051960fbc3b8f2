"""The efficient frontier: least volatility at equal steps of expected return."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.engine import Control
from services.optimizer.domain.errors import OutOfTime
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import Frontier, FrontierPoint, Solved, measures
from services.optimizer.domain.solvers.clarabel_conic import ConicSolver
from services.optimizer.domain.solvers.goal_solve import solve_goal
from services.optimizer.domain.solvers.risk import RiskGoal


def solve_frontier(
    problem: Problem, points: int, admissible: AdmissibleSet, greatest: float, control: Control
) -> Frontier:
    """Solve `points` portfolios from the one of least variance to that of the greatest return.

    Raises OutOfTime, Cancelled or SolverFailed.
    """
    expected, covariance = problem.moments.expected_returns, problem.moments.covariance
    first = _solve(RiskGoal.of(covariance, admissible), problem, control)
    targets = np.linspace(float(expected @ first.weights), greatest, points)
    goal = RiskGoal.of(covariance, admissible.with_return(expected, float(targets[0])))
    solver = ConicSolver(goal.program)
    solved = [first]
    for target in targets[1:]:
        goal = _aimed(goal, float(target))
        solver.limit(goal.program.below_than)
        solved.append(_solve(goal, problem, control, solver))
    return Frontier(
        symbols=problem.symbols,
        points=tuple(FrontierPoint(each.weights, measures(problem, each.weights), each.gap) for each in solved),
        asset_expected_returns=expected,
        asset_volatilities=np.sqrt(covariance.variances),
    )


def _solve(goal: RiskGoal, problem: Problem, control: Control, solver: ConicSolver | None = None) -> Solved:
    solved = solve_goal(goal, problem, control, maximizes=False, solver=solver).solved
    if solved.clock_stopped:
        raise OutOfTime("the time ran out before the frontier was whole")
    return solved


def _aimed(goal: RiskGoal, target: float) -> RiskGoal:
    """The same program with another least return, which is the last row of the admissible set."""
    program = goal.program
    floor = np.append(program.admissible.floor[:-1], target)
    below = program.below_than.copy()
    below[program.last_floor] = -target
    return replace(
        goal, program=replace(program, below_than=below, admissible=replace(program.admissible, floor=floor))
    )
