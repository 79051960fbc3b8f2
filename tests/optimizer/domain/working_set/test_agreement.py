"""The working set against Clarabel, against the engine of last resort, and against itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from services.optimizer.domain.admissible import admissible_set
from services.optimizer.domain.constraints import Bounds, Constraints, Group
from services.optimizer.domain.costs import Costs
from services.optimizer.domain.covariance import DenseCovariance, FactorCovariance
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import Optimum
from services.optimizer.domain.solvers import PIQP as BY_PIQP
from services.optimizer.domain.solvers import WORKING_SET
from services.optimizer.domain.solvers.choosing import CLARABEL, DENSE, GENERAL, PIQP, ChoosingEngine
from services.optimizer.domain.vectors import vector
from tests.optimizer.domain.working_set.worlds import BOXES, GOALS, grouped, held, sampled
from tests.optimizer.problems import control, moments, problems

ENGINE = ChoosingEngine((DENSE, CLARABEL))
BY_FACTORS = ChoosingEngine((PIQP, CLARABEL))
OTHER = ChoosingEngine((CLARABEL,))
LAST_RESORT = ChoosingEngine((GENERAL,))
ALL = ChoosingEngine()
seldom = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def dense(stated: Problem) -> Problem:
    covariance = DenseCovariance(vector(stated.moments.covariance.full()))
    return replace(stated, moments=replace(stated.moments, covariance=covariance))


def solved(stated: Problem, engine: ChoosingEngine = ENGINE, name: str = WORKING_SET) -> Optimum:
    """By the engine of that name, admissible and certified."""
    found = engine.solve(stated, control())
    assert found.solved.engine == name, found.solved.fallbacks
    assert admissible_set(stated).violation(found.solved.weights) <= 1e-9
    assert found.solved.gap <= 1e-9
    return found


@seldom
@given(stated=problems())
def test_it_agrees_with_clarabel_whatever_the_goal_and_its_limits(stated: Problem) -> None:
    found, other = ENGINE.solve(dense(stated), control()).solved, OTHER.solve(dense(stated), control()).solved
    assert found.objective == pytest.approx(other.objective, abs=1e-9, rel=1e-8)
    assert found.gap <= 1e-9


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES.keys())
@pytest.mark.parametrize("goal", GOALS[:3], ids=lambda goal: goal.objective)
def test_it_agrees_with_clarabel_on_hundreds_of_assets(goal: Goal, box: Bounds) -> None:
    stated = grouped(sampled(200, 600), goal, box)
    assert solved(stated).solved.objective == pytest.approx(OTHER.solve(stated, control()).solved.objective, abs=1e-9)


@pytest.mark.parametrize("box", [BOXES["long"], BOXES["both"]], ids=["long", "both"])
@pytest.mark.parametrize("aversion", [5.0, 500.0])
def test_a_covariance_without_full_rank_is_no_obstacle(aversion: float, box: Bounds) -> None:
    stated = grouped(sampled(150, 60), Goal(Objective.UTILITY, risk_aversion=aversion), box, max_gross=1.5)
    found, other = solved(stated).solved, LAST_RESORT.solve(stated, control()).solved
    assert found.objective == pytest.approx(other.objective, abs=1e-6)


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.objective)
def test_copies_of_assets_change_nothing(goal: Goal) -> None:
    of = sampled(30, 200)
    assert isinstance(of.covariance, DenseCovariance)
    twice = replace(
        of,
        symbols=(*of.symbols, *(f"{symbol}b" for symbol in of.symbols)),
        expected_returns=np.tile(of.expected_returns, 2),
        covariance=DenseCovariance(np.tile(of.covariance.matrix, (2, 2))),
    )
    once = solved(Problem(of, goal, Constraints(default_bounds=Bounds(0, 0.2)))).solved
    again = solved(Problem(twice, goal, Constraints(default_bounds=Bounds(0, 0.1)))).solved
    assert again.objective == pytest.approx(once.objective, abs=1e-9)


KINKED: dict[str, dict[str, object]] = {
    "turnover": {"max_turnover": 0.2},
    "no trade": {"max_turnover": 0.0},
    "gross": {"max_gross": 1.3},
    "both": {"max_turnover": 0.5, "max_gross": 1.2},
}


@pytest.mark.parametrize("kinked", KINKED.values(), ids=KINKED.keys())
@pytest.mark.parametrize("goal", GOALS[:3], ids=lambda goal: goal.objective)
def test_sums_of_distances_are_limited_as_the_last_resort_limits_them(goal: Goal, kinked: dict[str, object]) -> None:
    stated = held(Problem(sampled(40, 120), goal, Constraints(default_bounds=Bounds(-0.1, 0.3), **kinked)))  # type: ignore[arg-type]
    found, other = solved(stated).solved, LAST_RESORT.solve(stated, control()).solved
    assert found.objective == pytest.approx(other.objective, abs=1e-6)


@pytest.mark.parametrize("goal", [GOALS[0], GOALS[2]], ids=lambda goal: goal.objective)
def test_linear_costs_are_weighed_as_the_last_resort_weighs_them(goal: Goal) -> None:
    costs = Costs(commission=0.001, half_spread=0.0005, borrow=0.01)
    stated = held(replace(grouped(sampled(40, 120), goal, Bounds(-0.1, 0.3)), costs=costs))
    found, other = solved(stated).solved, LAST_RESORT.solve(stated, control()).solved
    assert found.objective == pytest.approx(other.objective, abs=1e-6)
    assert not solved(replace(stated, costs=Costs())).solved.objective < found.objective


def test_what_is_not_traded_is_where_it_was_exactly() -> None:
    stated = held(grouped(sampled(200, 600), GOALS[2], BOXES["long"], max_turnover=0.1))
    weights, start = solved(stated).solved.weights, stated.current_weights()
    traded = np.abs(weights - start)
    assert np.count_nonzero(traded == 0.0) > 150
    assert traded[traded > 0].min() > 1e-9


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.objective)
def test_the_order_of_the_assets_does_not_matter_to_it(goal: Goal) -> None:
    stated = grouped(sampled(150, 400), goal, BOXES["long"])
    order = np.random.default_rng(3).permutation(150)
    of = stated.moments
    mixed = replace(
        of,
        symbols=tuple(of.symbols[place] for place in order),
        expected_returns=of.expected_returns[order],
        covariance=of.covariance.submatrix(order),
    )
    straight, crooked = solved(stated), solved(replace(stated, moments=mixed))
    np.testing.assert_allclose(crooked.solved.weights, straight.solved.weights[order], atol=1e-9)


@pytest.mark.parametrize("share", [0.9, 0.6])
def test_a_tighter_cap_on_turnover_never_improves_the_objective(share: float) -> None:
    stated = held(grouped(sampled(150, 400), GOALS[2], BOXES["long"], max_turnover=0.4))
    tighter = replace(stated, constraints=replace(stated.constraints, max_turnover=0.4 * share))
    assert solved(tighter).solved.objective <= solved(stated).solved.objective + 1e-12


def test_one_asset_gets_what_the_budget_says() -> None:
    of = replace(moments(1), covariance=DenseCovariance(np.array([[0.04]])))
    for goal in GOALS[:3]:
        assert solved(Problem(of, goal)).solved.weights == pytest.approx([1.0])


def test_weights_that_cannot_move_are_what_they_are() -> None:
    stated = Problem(sampled(125, 300), GOALS[2], Constraints(default_bounds=Bounds(0.008, 0.008)))
    np.testing.assert_allclose(solved(stated).solved.weights, 0.008)


def test_caps_that_leave_no_choice_fill_every_asset() -> None:
    stated = Problem(sampled(125, 300), GOALS[2], Constraints(default_bounds=Bounds(0, 1 / 125)))
    np.testing.assert_allclose(solved(stated).solved.weights, 1 / 125, atol=1e-12)


def test_without_any_risk_the_best_earners_are_filled() -> None:
    of = replace(sampled(130, 300), covariance=DenseCovariance(np.zeros((130, 130))))
    weights = solved(Problem(of, GOALS[2], Constraints(default_bounds=Bounds(0, 0.1)))).solved.weights
    assert set(np.argsort(-of.expected_returns)[:10]) == set(np.flatnonzero(weights > 0))


def test_a_floor_that_no_favourite_can_meet_brings_in_those_who_can() -> None:
    of = sampled(200, 500)
    worst = tuple(of.symbols[place] for place in np.argsort(of.expected_returns)[:30])
    constraints = Constraints(default_bounds=Bounds(0, 0.02), groups=(Group("worst", worst, 0.55, None),))
    stated = Problem(of, GOALS[2], constraints)
    assert solved(stated).solved.objective == pytest.approx(OTHER.solve(stated, control()).solved.objective, abs=1e-9)


def test_a_tracking_error_is_kept_over_a_dense_covariance() -> None:
    of = sampled(150, 400)
    benchmark = dict.fromkeys(of.symbols[:50], 0.02)
    stated = grouped(of, GOALS[2], BOXES["long"], benchmark=benchmark, max_tracking_error=0.03)
    assert solved(stated).tracking_error == pytest.approx(0.03, rel=1e-9)
    least = solved(grouped(of, Goal(Objective.TRACKING_ERROR), BOXES["long"], benchmark=benchmark)).solved
    assert least.objective == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("box", [BOXES["long"], BOXES["both"]], ids=["long", "both"])
@pytest.mark.parametrize("goal", GOALS[:3], ids=lambda goal: goal.objective)
def test_over_factors_piqp_agrees_with_the_newton_method(goal: Goal, box: Bounds) -> None:
    stated = grouped(moments(120, 8), goal, box)
    by_newton = ALL.solve(stated, control()).solved
    assert solved(stated, BY_FACTORS, BY_PIQP).solved.objective == pytest.approx(by_newton.objective, abs=1e-9)


@pytest.mark.parametrize("goal", GOALS[:3], ids=lambda goal: goal.objective)
def test_assets_without_a_risk_of_their_own_are_left_to_piqp(goal: Goal) -> None:
    of = moments(120, 8)
    assert isinstance(of.covariance, FactorCovariance)
    specific = np.where(np.arange(120) % 30 == 0, 0.0, of.covariance.specific)
    stated = grouped(replace(of, covariance=FactorCovariance(of.covariance.loadings, specific)), goal, BOXES["long"])
    found = solved(held(replace(stated, costs=Costs(commission=0.001))), ALL, BY_PIQP)
    assert [fallback.partition(":")[0] for fallback in found.solved.fallbacks] == ["dual_newton"]
    free = solved(stated, ALL, BY_PIQP).solved
    assert free.objective == pytest.approx(OTHER.solve(stated, control()).solved.objective, abs=1e-9)
