"""The efficient frontier: least risk at equal steps of expected return, each point certified by itself.

One solver goes along, each point from where the last one ended: the Newton method over a factor model, a working set
over a dense Σ. What it gives up is a problem of its own for the engines in their order. Where the constraints limit how
many assets are held, every point is a search that tries the choice of the point before first, and has an equal part of
the time that is left: what it proves until then is its gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.certificate import weighed_rates
from services.optimizer.domain.certified import Certified
from services.optimizer.domain.engine import Control, Tell
from services.optimizer.domain.errors import OutOfTime, SolverFailed
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import Frontier, FrontierPoint, measures
from services.optimizer.domain.solvers.cardinality_goal import is_choice, solve_choice
from services.optimizer.domain.solvers.cvar_goal import frontier_in_scenarios, is_linear_in_scenarios
from services.optimizer.domain.solvers.newton_goal import is_for_newton
from services.optimizer.domain.solvers.newton_quadratics import NewtonQuadratics, as_factors
from services.optimizer.domain.solvers.pieced_goal import as_dense, is_for_working_set
from services.optimizer.domain.solvers.priced import CapTooLoose, CapTooTight
from services.optimizer.domain.solvers.priced_goal import answered
from services.optimizer.domain.solvers.quadratics import Quadratics
from services.optimizer.domain.solvers.working_set.quadratics import DenseQuadratics
from services.optimizer.domain.vectors import Vector

Answer = Callable[[Problem, AdmissibleSet, Control], Certified]


def solve_frontier(
    problem: Problem,
    points: int,
    admissible: AdmissibleSet,
    control: Control,
    *,
    greatest: float,
    answer: Answer,
    tell: Tell,
) -> Frontier:
    """Solve `points` portfolios from the one of least risk to that of the greatest return; `tell` hears of each.

    The risk is that of the problem's goal. Raises OutOfTime, Cancelled or SolverFailed.
    """
    if is_linear_in_scenarios(problem):
        solved = frontier_in_scenarios(problem, admissible, points, control, tell)
    else:
        solved = tuple(_walked(_Steps(problem, admissible, answer), points, greatest, control, tell))
    return Frontier(
        symbols=problem.symbols,
        points=solved,
        asset_expected_returns=problem.moments.expected_returns,
        asset_volatilities=np.sqrt(problem.moments.covariance.variances),
    )


def _walked(steps: _Steps, points: int, greatest: float, control: Control, tell: Tell) -> Iterator[FrontierPoint]:
    first = steps.point(None, _part(control, points)) if steps.chooses else steps.point(None, control)
    least = first.measures.expected_return
    for index, target in enumerate(np.linspace(least, greatest, points)):
        own = _part(control, points - index) if steps.chooses else control
        point = first if index == 0 else steps.point(float(target), own)
        tell(index, point)
        yield point


def _part(control: Control, points: int) -> Control:
    """The part of the time left that one of so many points has."""
    return replace(control, ends_at=control.clock() + max(0.0, control.seconds_left()) / points)


class _Steps:
    """The points of one frontier, one after the other."""

    def __init__(self, problem: Problem, admissible: AdmissibleSet, answer: Answer) -> None:
        self._problem, self._admissible, self._answer = problem, admissible, answer
        self.chooses = is_choice(problem)
        self._walker = None if self.chooses else _walker(problem, admissible)
        self._last: Vector | None = None

    def point(self, target: float | None, control: Control) -> FrontierPoint:
        """The portfolio of least risk that is expected to earn at least the target."""
        if control.seconds_left() <= 0 and not self.chooses:
            raise OutOfTime("the time ran out before the frontier was whole")
        goal = replace(self._problem.goal, min_return=target)
        stated = replace(self._problem, goal=goal)
        expected = stated.moments.expected_returns
        # The same rows at every point, so that the walker's prices fit: the first has no floor.
        within = self._admissible.with_return(expected, -np.inf if target is None else target)
        solved = self._solved(stated, within, control).solved
        if solved.clock_stopped and not self.chooses:
            raise OutOfTime("the time ran out before the frontier was whole")
        self._last = solved.weights
        measured = measures(stated, solved.weights)
        return FrontierPoint(solved.weights, measured, solved.gap, solved.objective, solved.selection)

    def _solved(self, stated: Problem, within: AdmissibleSet, control: Control) -> Certified:
        if self.chooses:
            return solve_choice(stated, within, control, self._last)
        if self._walker is not None:
            try:
                return answered(stated, within, self._walker.aimed(within), control)
            except (SolverFailed, CapTooTight, CapTooLoose):
                control.check()
        floorless = stated.goal.min_return is None
        return self._answer(stated, self._admissible if floorless else within, control)


def _walker(problem: Problem, admissible: AdmissibleSet) -> Quadratics | None:
    covariance, rates = problem.moments.covariance, weighed_rates(problem)
    rows = admissible.with_return(problem.moments.expected_returns, -np.inf)
    factors = as_factors(covariance) if is_for_newton(problem) else None
    if factors is not None:
        return NewtonQuadratics(factors, rows, rates)
    dense = as_dense(covariance) if is_for_working_set(problem) else None
    return None if dense is None else DenseQuadratics(dense, rows, rates)


def of_risk(problem: Problem) -> Problem:
    """The problem whose goal is its risk: what it names, or else the volatility."""
    goal = problem.goal
    risk = goal.objective if goal.objective in (Objective.TRACKING_ERROR, Objective.CVAR) else Objective.RISK
    stated = Goal(risk, goal.risk_free_rate, cvar_confidence=goal.cvar_confidence)
    return replace(problem, goal=stated)
