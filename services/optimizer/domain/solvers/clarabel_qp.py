"""The engine of the first release: every goal as one quadratic or second-order cone program, solved by Clarabel."""

from __future__ import annotations

from services.optimizer.domain.admissible import AdmissibleSet, admissible_set
from services.optimizer.domain.engine import Control
from services.optimizer.domain.errors import Conflict, Infeasible, NoExcessReturn, SolverFailed
from services.optimizer.domain.goal import Objective
from services.optimizer.domain.infeasibility import explain
from services.optimizer.domain.limits import rounded_up
from services.optimizer.domain.linear import greatest_return
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.records import input_hash
from services.optimizer.domain.result import Frontier, Optimum, Solved, optimum
from services.optimizer.domain.solvers.conic_goal import ConicGoal, volatility
from services.optimizer.domain.solvers.frontier import solve_frontier
from services.optimizer.domain.solvers.goal_solve import solve_goal
from services.optimizer.domain.solvers.greatest_return import ReturnGoal
from services.optimizer.domain.solvers.risk import RiskGoal
from services.optimizer.domain.solvers.sharpe import SharpeGoal
from services.optimizer.domain.solvers.utility import UtilityGoal
from services.optimizer.domain.validation import check_numbers, check_structure


class ClarabelEngine:
    """Solves by Clarabel; whether there is anything to solve is settled by linear programs before."""

    def check(self, problem: Problem, control: Control) -> None:
        """Everything short of solving; see `Engine.check`."""
        admissible, greatest = _prepared(problem, control)
        _goal(problem, admissible, greatest)

    def solve(self, problem: Problem, control: Control) -> Optimum:
        """Find the optimum; see `Engine.solve`."""
        began = control.clock()
        admissible, greatest = _prepared(problem, control)
        goal = _goal(problem, admissible, greatest)
        solved = _solve_or_explain(problem, goal, admissible, control)
        return optimum(problem, solved, 1e3 * (control.clock() - began), input_hash(problem))

    def frontier(self, problem: Problem, points: int, control: Control) -> Frontier:
        """Find the frontier; see `Engine.frontier`."""
        admissible, greatest = _prepared(problem, control)
        return solve_frontier(problem, points, admissible, greatest, control)


def _prepared(problem: Problem, control: Control) -> tuple[AdmissibleSet, float]:
    """Check the problem; its admissible set and the greatest expected return there. Raises Infeasible."""
    check_structure(problem)
    check_numbers(problem)
    control.check()
    admissible = admissible_set(problem)
    greatest = greatest_return(problem.moments.expected_returns, admissible, control.seconds_left())
    if greatest is None:
        raise explain(problem, admissible, control.seconds_left)
    control.check()
    return admissible, greatest


def _goal(problem: Problem, admissible: AdmissibleSet, greatest: float) -> ConicGoal:
    """The goal as a program. Raises NoExcessReturn."""
    match problem.goal.objective:
        case Objective.RISK:
            return RiskGoal.of(problem.moments.covariance, admissible)
        case Objective.RETURN:
            return ReturnGoal.of(problem, admissible)
        case Objective.UTILITY:
            return UtilityGoal.of(problem, admissible)
        case Objective.SHARPE:
            if greatest <= problem.goal.risk_free_rate:
                raise NoExcessReturn(greatest, problem.goal.risk_free_rate)
            return SharpeGoal.of(problem, admissible, greatest)


def _solve_or_explain(problem: Problem, goal: ConicGoal, admissible: AdmissibleSet, control: Control) -> Solved:
    """Solve; a cone that no admissible weights reach is told as the conflict that it is."""
    try:
        return solve_goal(goal, problem, control, maximizes=problem.goal.maximizes)
    except SolverFailed:
        greatest = problem.goal.max_volatility
        if greatest is None or problem.goal.objective is not Objective.RETURN:
            raise
        calmest = solve_goal(RiskGoal.of(problem.moments.covariance, admissible), problem, control, maximizes=False)
        least = volatility(problem.moments.covariance, calmest.weights)
        if least <= greatest:
            raise
        raise Infeasible([_too_calm(greatest, least)], together=False) from None


def _too_calm(greatest: float, least: float) -> Conflict:
    needed = rounded_up(least)
    sentence = f"the greatest volatility is {greatest:.6g}; it would have to be at least {needed:.6g}"
    return Conflict("MAX_VOLATILITY", "goal.max_volatility", sentence, greatest, needed)
