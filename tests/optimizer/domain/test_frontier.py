"""The efficient frontier."""

from __future__ import annotations

import numpy as np
import pytest

from services.optimizer.domain.admissible import admissible_set
from services.optimizer.domain.constraints import Bounds, Constraints, Group
from services.optimizer.domain.errors import Cancelled, Infeasible, OutOfTime
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import Frontier
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from tests.optimizer import oracle
from tests.optimizer.problems import control, equal_weights, moments, problem, symbols

ENGINE = ChoosingEngine()
PLAIN = problem()
CONSTRAINED = problem(
    constraints=Constraints(
        default_bounds=Bounds(-0.1, 0.3), groups=(Group("g", symbols(5), 0.1, 0.4),), max_turnover=0.7
    ),
    of=moments(30, dense=True),
    current=equal_weights(30),
)


@pytest.fixture(params=[PLAIN, CONSTRAINED], ids=["plain", "constrained"], scope="module")
def stated(request: pytest.FixtureRequest) -> Problem:
    return request.param


@pytest.fixture(scope="module")
def frontier(stated: Problem) -> Frontier:
    return ENGINE.frontier(stated, 50, control())


def test_returns_rise_in_equal_steps(frontier: Frontier) -> None:
    steps = np.diff([point.measures.expected_return for point in frontier.points])
    assert len(frontier.points) == 50
    assert steps == pytest.approx(np.full(49, steps.mean()), abs=1e-8)


def test_volatilities_rise_and_are_convex_in_return(frontier: Frontier) -> None:
    sizes = np.array([point.measures.volatility for point in frontier.points])
    assert np.all(np.diff(sizes) > -1e-9)
    assert np.all(np.diff(sizes, 2) > -1e-7)


def test_it_begins_at_the_least_volatility_and_ends_at_the_greatest_return(stated: Problem, frontier: Frontier) -> None:
    calmest = ENGINE.solve(Problem(stated.moments, Goal(Objective.RISK), stated.constraints, stated.current), control())
    boldest = ENGINE.solve(
        Problem(stated.moments, Goal(Objective.RETURN), stated.constraints, stated.current), control()
    )
    assert frontier.points[0].measures.volatility == pytest.approx(calmest.solved.objective, abs=1e-12)
    assert frontier.points[-1].measures.expected_return == pytest.approx(boldest.solved.objective, abs=1e-8)


def test_every_point_is_admissible_and_certified(stated: Problem, frontier: Frontier) -> None:
    admissible = admissible_set(stated)
    assert max(admissible.violation(point.weights) for point in frontier.points) <= 1e-8
    assert max(point.gap for point in frontier.points) <= 1e-6


def test_points_between_agree_with_another_solver(stated: Problem, frontier: Frontier) -> None:
    for point in frontier.points[7:48:10]:
        goal = Goal(Objective.RISK, min_return=point.measures.expected_return)
        least = oracle.best(Problem(stated.moments, goal, stated.constraints, stated.current))
        assert point.measures.volatility == pytest.approx(least, abs=1e-6)


def test_two_points_are_the_two_ends(stated: Problem, frontier: Frontier) -> None:
    ends = ENGINE.frontier(stated, 2, control()).points
    assert ends[0].measures.volatility == pytest.approx(frontier.points[0].measures.volatility, abs=1e-12)
    assert ends[1].measures.expected_return == pytest.approx(frontier.points[-1].measures.expected_return, abs=1e-9)


def test_the_assets_stand_beside_it(stated: Problem, frontier: Frontier) -> None:
    assert frontier.symbols == stated.symbols
    assert frontier.asset_volatilities**2 == pytest.approx(stated.moments.covariance.variances)


def test_it_ends_with_the_errors_of_a_solve() -> None:
    with pytest.raises(Infeasible):
        ENGINE.frontier(problem(constraints=Constraints(default_bounds=Bounds(0, 0.01))), 5, control())
    with pytest.raises(OutOfTime):
        ENGINE.frontier(PLAIN, 5, control(seconds=-1))
    with pytest.raises(Cancelled):
        ENGINE.frontier(PLAIN, 5, control(cancelled=lambda: True))
