"""The engine of last resort: every goal with every limit and cost, against other solvers and the mathematics."""

from __future__ import annotations

import itertools
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from scipy.optimize import linprog, minimize_scalar

from services.optimizer.domain.admissible import admissible_set
from services.optimizer.domain.certified import residuals
from services.optimizer.domain.constraints import Bounds, Constraints, CvarLimit
from services.optimizer.domain.costs import Costs, cost_rates
from services.optimizer.domain.covariance import DenseCovariance, FactorCovariance
from services.optimizer.domain.engine import Progress
from services.optimizer.domain.errors import Cancelled, Infeasible, NoExcessReturn, OutOfTime, SolverFailed, Unbounded
from services.optimizer.domain.goal import RETURNS, Goal, Objective
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.result import Solved
from services.optimizer.domain.solvers.choosing import CLARABEL, ChoosingEngine
from services.optimizer.domain.solvers.general import solve_by_cvxpy, solve_general
from services.optimizer.domain.vectors import vector
from tests.optimizer.keeping import outside, size, tracking
from tests.optimizer.mandates import PROGRAMS, mandate, with_scenarios, worst_mean
from tests.optimizer.mending import mended
from tests.optimizer.oracle import sigma
from tests.optimizer.problems import control, equal_weights, moments, problem, problems, symbols
from tests.optimizer.slsqp import best_by_slsqp

BY_CLARABEL = ChoosingEngine((CLARABEL,))
thorough = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
WIDE = Constraints(default_bounds=Bounds(-10, 10))
TILTED = dict(zip(symbols(12), np.arange(1, 13) / 78, strict=True))


def solved(stated: Problem) -> Solved:
    return solve_general(stated, admissible_set(stated), control())


def is_at_most_as_good(stated: Problem, one: float, other: float) -> bool:
    return one <= other + 1e-8 if stated.goal.maximizes else one >= other - 1e-8


def with_constraints(stated: Problem, **fields: object) -> Problem:
    return replace(stated, constraints=replace(stated.constraints, **fields))  # type: ignore[arg-type]


def certify_mandates(seeds: range) -> None:
    """Solve them all and check the certificates; a longer range is for a night."""
    for seed in seeds:
        stated = mandate(seed)
        found = solved(stated)
        assert found.gap <= 1e-7, seed
        assert outside(stated, found.weights) <= 1e-7, seed
        assert is_at_most_as_good(stated, found.objective, found.bound), seed


def test_every_goal_with_every_limit_and_cost_is_certified() -> None:
    certify_mandates(range(80))


@thorough
@given(problems())
def test_plain_goals_are_solved_as_by_the_engine_for_them(stated: Problem) -> None:
    expected = BY_CLARABEL.solve(stated, control()).solved
    found = solved(stated)
    assert found.objective == pytest.approx(expected.objective, abs=1e-9, rel=1e-9)
    assert found.gap <= 1e-8


@pytest.mark.parametrize("objective", PROGRAMS)
def test_sequential_quadratic_programming_finds_the_same_objective(objective: Objective) -> None:
    compared = 0
    for seed in range(6):
        stated = mandate(seed, objective, count=3 + seed % 3)
        stated = replace(stated, moments=with_scenarios(stated.moments, 12, seed))
        stated = with_constraints(stated, max_cvar=None) if seed % 2 else stated
        try:
            found = solved(stated).objective
        except Infeasible:
            continue
        other = best_by_slsqp(stated)
        if np.isfinite(other):
            assert found == pytest.approx(other, abs=1e-7)
            compared += 1
    assert compared >= 4


@pytest.mark.parametrize("objective", PROGRAMS)
def test_a_tighter_limit_never_improves_the_objective(objective: Objective) -> None:
    for seed in range(2):
        stated = mandate(seed, objective, count=8)
        center = 0.5 * (stated.benchmark() + stated.current_weights())
        cap = CvarLimit(worst_mean(stated.moments.scenarios, 0.9, center) + 1e-3, 0.9)
        tight = {
            "max_tracking_error": tracking(stated, center) * 1.01,
            "max_gross": 1.0,
            "max_turnover": 0.26 * float(np.abs(stated.benchmark() - stated.current_weights()).sum()),
            "max_cvar": cap,
        }
        for name, limit in tight.items():
            loose = solved(with_constraints(stated, **{name: None})).objective
            assert is_at_most_as_good(stated, solved(with_constraints(stated, **{name: limit})).objective, loose)


def test_the_gross_exposure_and_the_least_cvar_agree_with_linear_programs() -> None:
    of = with_scenarios(moments(10, seed=4), 60)
    stated = problem(
        Goal(Objective.CVAR, cvar_confidence=0.9), Constraints(default_bounds=Bounds(-0.5, 1), max_gross=1.4), of=of
    )
    count, rows = 10, 60
    # x = (w, p, α, u)
    cost = np.concatenate([np.zeros(2 * count), [1.0], np.full(rows, 1 / (0.1 * rows))])
    eye = np.eye(count)
    losses = np.hstack([-of.scenarios, np.zeros((rows, count)), -np.ones((rows, 1)), -np.eye(rows)])
    none = np.zeros((count, 1 + rows))
    levered = np.vstack([np.hstack([eye, -eye, none]), np.hstack([-eye, -eye, none])])
    total = np.concatenate([np.zeros(count), np.ones(count), np.zeros(1 + rows)])
    answer = linprog(
        cost,
        A_ub=np.vstack([losses, levered, total]),
        b_ub=np.concatenate([np.zeros(rows + 2 * count), [1.4]]),
        A_eq=np.concatenate([np.ones(count), np.zeros(count + 1 + rows)])[None, :],
        b_eq=[1.0],
        bounds=[(-0.5, 1)] * count + [(0, None)] * count + [(None, None)] + [(0, None)] * rows,
    )
    found = solved(stated)
    assert found.objective == pytest.approx(answer.fun, abs=1e-9)
    assert found.objective == pytest.approx(worst_mean(of.scenarios, 0.9, found.weights), abs=1e-12)


def test_without_limits_the_greatest_diversification_is_along_the_inverse_covariance() -> None:
    stated = problem(Goal(Objective.DIVERSIFICATION), WIDE)
    direction = np.linalg.solve(sigma(stated), np.sqrt(np.diag(sigma(stated))))
    np.testing.assert_allclose(solved(stated).weights, direction / direction.sum(), atol=1e-7)


def test_without_limits_the_active_utility_tilts_the_benchmark_along_the_inverse_covariance() -> None:
    stated = problem(Goal(Objective.ACTIVE_UTILITY, risk_aversion=9.0), replace(WIDE, benchmark=TILTED))
    inverse, mu = np.linalg.inv(sigma(stated)), stated.moments.expected_returns
    price = float((inverse @ mu).sum() / inverse.sum())
    np.testing.assert_allclose(solved(stated).weights, stated.benchmark() + inverse @ (mu - price) / 9, atol=1e-7)


def test_the_greatest_return_near_a_benchmark_uses_the_whole_tracking_error() -> None:
    stated = problem(Goal(Objective.RETURN), replace(WIDE, benchmark=TILTED, max_tracking_error=0.03))
    inverse, mu = np.linalg.inv(sigma(stated)), stated.moments.expected_returns
    away = inverse @ (mu - float((inverse @ mu).sum() / inverse.sum()))
    found = solved(stated)
    assert tracking(stated, found.weights) == pytest.approx(0.03, abs=1e-8)
    np.testing.assert_allclose(found.weights, stated.benchmark() + 0.03 * away / size(stated, away), atol=1e-6)


def test_apart_from_each_other_assets_are_traded_until_the_impact_eats_the_gain() -> None:
    """A diagonal Σ and a budget that does not press: one dimension at a time."""
    of = moments(6, seed=3)
    of = replace(of, covariance=DenseCovariance(np.diag(np.linspace(0.02, 0.1, 6))))
    costs = Costs(commission=5e-3, impact=1.0, portfolio_value=1e8, borrow=0.02)
    costs = replace(costs, average_daily_values=dict(zip(of.symbols, np.geomspace(1e6, 1e9, 6), strict=True)))
    stated = problem(
        Goal(Objective.UTILITY, risk_aversion=2.0),
        Constraints(-50, 50, default_bounds=Bounds(-3, 3)),
        of=of,
        costs=costs,
        current=equal_weights(6),
    )
    rates, found = cost_rates(costs, of), solved(stated)
    for index in range(6):

        def loss(weight: float, index: int = index) -> float:
            moved, own = abs(weight - 1 / 6), of.covariance.matrix[index, index] * weight**2
            cost = rates.linear[index] * moved + rates.power[index] * moved**1.5 + 0.02 * max(-weight, 0)
            return cost + own - of.expected_returns[index] * weight

        best = min(
            (
                minimize_scalar(loss, bounds=ends, method="bounded", options={"xatol": 1e-10})
                for ends in ((-3, 1 / 6), (1 / 6, 3))
            ),
            key=lambda answer: answer.fun,
        )
        assert loss(found.weights[index]) <= best.fun + 1e-10
        assert found.weights[index] == pytest.approx(best.x, abs=1e-5)


@pytest.mark.parametrize("objective", sorted(RETURNS))
def test_costs_of_nothing_change_nothing_and_dearer_ones_earn_less(objective: Objective) -> None:
    stated = replace(mandate(2, objective, count=9), costs=Costs())
    traded = dict.fromkeys(stated.symbols, 1e8)
    dear = Costs(commission=1e-3, impact=0.3, portfolio_value=1e7, average_daily_values=traded, borrow=1e-3)
    free, nothing = solved(stated), solved(replace(stated, costs=replace(dear, commission=0.0, impact=0.0, borrow=0.0)))
    assert nothing.objective == free.objective
    cheap, expensive = (
        solved(replace(stated, costs=replace(dear, commission=commission))) for commission in (1e-3, 4e-3)
    )
    assert free.objective > cheap.objective > expensive.objective


@pytest.mark.parametrize("objective", sorted(RETURNS))
def test_where_trading_costs_more_than_it_can_earn_nothing_is_traded(objective: Objective) -> None:
    goal, tilted = (
        Goal(objective, risk_aversion=2.0),
        dict(zip(symbols(12), np.linspace(0.02, 0.14, 12) / 0.96, strict=True)),
    )
    stated = problem(
        goal, Constraints(benchmark=TILTED), current=tilted, costs=Costs(commission=0.02, horizon_years=0.01)
    )
    np.testing.assert_allclose(solved(stated).weights, stated.current_weights(), atol=1e-9)


@pytest.mark.parametrize("objective", [Objective.ACTIVE_UTILITY, Objective.TRACKING_ERROR])
def test_where_nothing_is_expected_the_benchmark_is_best(objective: Objective) -> None:
    of = replace(moments(), expected_returns=np.zeros(12))
    stated = problem(Goal(objective, risk_aversion=2.0), Constraints(benchmark=TILTED, max_tracking_error=0.05), of=of)
    found = solved(stated)
    np.testing.assert_allclose(found.weights, stated.benchmark(), atol=1e-6)
    assert found.objective == pytest.approx(0.0, abs=1e-7)


def test_no_tracking_error_at_all_leaves_the_benchmark() -> None:
    stated = problem(Goal(Objective.RETURN), Constraints(benchmark=TILTED, max_tracking_error=0.0))
    np.testing.assert_allclose(solved(stated).weights, stated.benchmark(), atol=1e-6)


def test_where_cash_is_free_a_ratio_is_as_full_as_the_caps_let_it() -> None:
    goal, constraints = Goal(Objective.DIVERSIFICATION), Constraints(min_budget=0.1, benchmark=TILTED)
    stated = problem(goal, constraints)
    whole, half = solved(stated), solved(with_constraints(stated, max_gross=0.5))
    assert whole.weights.sum() == pytest.approx(1.0, abs=1e-9)
    np.testing.assert_allclose(half.weights, whole.weights / 2, atol=1e-7)
    assert half.objective == pytest.approx(whole.objective, abs=1e-9)


def test_the_order_of_the_assets_does_not_matter() -> None:
    for seed in range(8):
        stated = mandate(seed, count=7)
        order = np.random.default_rng(seed).permutation(7)
        of, covariance = stated.moments, stated.moments.covariance
        shuffled = replace(
            of,
            symbols=tuple(of.symbols[index] for index in order),
            expected_returns=vector(of.expected_returns[order]),
            covariance=DenseCovariance(covariance.matrix[np.ix_(order, order)])
            if isinstance(covariance, DenseCovariance)
            else FactorCovariance(covariance.loadings[order], covariance.specific[order]),
            scenarios=vector(of.scenarios[:, order]),
        )
        again = solved(replace(stated, moments=shuffled))
        np.testing.assert_allclose(again.weights, solved(stated).weights[order], atol=1e-5)


@pytest.mark.parametrize("objective", PROGRAMS)
def test_a_factor_model_and_its_matrix_have_the_same_optimum(objective: Objective) -> None:
    stated = with_constraints(mandate(11, objective, count=9), factors=())
    of = replace(stated.moments, covariance=moments(9, 2, 5).covariance)
    dense = replace(of, covariance=DenseCovariance(sigma(Problem(of))))
    stated = with_constraints(stated, max_tracking_error=0.1)
    one, other = solved(replace(stated, moments=of)), solved(replace(stated, moments=dense))
    assert one.objective == pytest.approx(other.objective, abs=1e-8)


def caps_out_of_reach() -> list[Problem]:
    of = with_scenarios(moments(), 80)
    few = dict.fromkeys(symbols(6), Bounds(0.0, 0.0))
    return [
        problem(Goal(Objective.RETURN, max_volatility=0.05), of=of),
        problem(Goal(Objective.UTILITY), Constraints(benchmark=TILTED, bounds=few, max_tracking_error=0.01), of=of),
        problem(Goal(Objective.SHARPE), Constraints(max_cvar=CvarLimit(0.003, 0.9)), of=of),
        problem(Goal(Objective.CVAR), Constraints(default_bounds=Bounds(-0.2, 0.2), max_gross=0.9), of=of),
        problem(
            Goal(Objective.DIVERSIFICATION), Constraints(bounds={"S003": Bounds(-0.5, -0.4)}, max_gross=1.5), of=of
        ),
    ]


@pytest.mark.parametrize("which", range(5))
def test_a_cap_out_of_reach_is_named_with_what_is_within_reach(which: int) -> None:
    stated = caps_out_of_reach()[which]
    kinds = ("MAX_VOLATILITY", "MAX_TRACKING_ERROR", "MAX_CVAR", "MAX_GROSS", "MAX_GROSS")
    with pytest.raises(Infeasible) as caught:
        solved(stated)
    (conflict,) = caught.value.conflicts
    assert (conflict.type, caught.value.together) == (kinds[which], False)
    assert outside(mended(stated, conflict), solved(mended(stated, conflict)).weights) <= 1e-7
    with pytest.raises(Infeasible):
        solved(mended(stated, replace(conflict, needed=conflict.needed - 3e-6)))


def test_caps_that_each_could_be_kept_alone_are_both_named() -> None:
    of = moments()
    stated = problem(Goal(Objective.RETURN, max_volatility=0.12), Constraints(benchmark={"S000": 1.0}), of=of)
    calmest = solved(problem(Goal(Objective.RISK), of=of))
    far = tracking(stated, calmest.weights)
    stated = replace(stated, goal=replace(stated.goal, max_volatility=calmest.objective * 1.05))
    stated = with_constraints(stated, max_tracking_error=far * 0.2)
    with pytest.raises(Infeasible) as caught:
        solved(stated)
    assert {each.type for each in caught.value.conflicts} == {"MAX_VOLATILITY", "MAX_TRACKING_ERROR"}
    for conflict in caught.value.conflicts:
        solved(mended(stated, conflict))


def test_caps_neither_of_which_can_be_kept_must_give_together() -> None:
    stated = caps_out_of_reach()[1]
    stated = with_constraints(stated, max_gross=0.9)
    with pytest.raises(Infeasible) as caught:
        solved(stated)
    assert caught.value.together
    assert {each.type for each in caught.value.conflicts} == {"MAX_TRACKING_ERROR", "MAX_GROSS"}
    for conflict in caught.value.conflicts:
        stated = mended(stated, conflict)
    solved(stated)


def test_costs_may_leave_no_excess_return() -> None:
    stated = problem(Goal(risk_free_rate=0.01), current={"S000": 1.0}, costs=Costs(commission=0.5, half_spread=0.5))
    bottom = int(np.argmin(stated.moments.expected_returns))
    stated = replace(stated, current={symbols(12)[bottom]: 1.0})
    with pytest.raises(NoExcessReturn):
        solved(stated)
    assert solved(replace(stated, costs=Costs())).objective > 0


def test_a_ratio_to_no_risk_is_unbounded() -> None:
    of = moments(4)
    matrix = sigma(Problem(of)).copy()
    matrix[0, :] = matrix[:, 0] = 0.0
    stated = problem(Goal(), of=replace(of, covariance=DenseCovariance(matrix), expected_returns=np.full(4, 0.05)))
    with pytest.raises(Unbounded):
        solved(stated)


@pytest.mark.parametrize("objective", PROGRAMS)
def test_a_single_asset_is_all_there_is(objective: Objective) -> None:
    of = with_scenarios(moments(1, 1), 10)
    found = solved(problem(Goal(objective), Constraints(benchmark={"S000": 0.5}), of=of))
    assert found.weights == pytest.approx([1.0], abs=1e-9)
    assert found.gap <= 1e-7


@pytest.mark.parametrize("objective", PROGRAMS)
def test_weights_that_the_bounds_leave_no_choice_are_found(objective: Objective) -> None:
    of = with_scenarios(moments(4), 10)
    fixed = {symbol: Bounds(0.25, 0.25) for symbol in symbols(4)}
    found = solved(problem(Goal(objective), Constraints(bounds=fixed, benchmark={"S000": 1.0}, max_gross=1.0), of=of))
    assert found.weights == pytest.approx(np.full(4, 0.25), abs=1e-12)
    assert found.gap <= 1e-6


def test_a_certain_world_has_no_risk_to_cap() -> None:
    of = Moments(symbols(3), np.array([0.1, 0.2, 0.3]), DenseCovariance(np.zeros((3, 3))))
    stated = problem(Goal(Objective.RETURN, max_volatility=0.1), Constraints(benchmark={"S000": 1.0}), of=of)
    assert solved(with_constraints(stated, max_tracking_error=0.1)).objective == pytest.approx(0.3, abs=1e-9)


def test_the_multipliers_are_worth_what_the_limits_are() -> None:
    """A cap on the tracking error that is a little wider earns its price."""
    stated = problem(Goal(Objective.RETURN), Constraints(benchmark=TILTED, max_tracking_error=0.05))
    price = solve_by_cvxpy(stated, admissible_set(stated), control()).multipliers.tracking
    wider = solved(with_constraints(stated, max_tracking_error=0.05 + 1e-5)).objective
    assert (wider - solved(stated).objective) / 1e-5 == pytest.approx(price, rel=1e-3)


@pytest.mark.parametrize("objective", sorted(set(PROGRAMS) - {Objective.CVAR, Objective.TRACKING_ERROR}))
def test_the_conditions_of_optimality_hold(objective: Objective) -> None:
    for seed in range(6):
        stated = replace(mandate(seed, objective), costs=Costs())
        found = residuals(solve_by_cvxpy(stated, admissible_set(stated), control()), stated)
        assert max(found.primal, found.dual, found.complementarity) <= 1e-5, seed


def test_a_solve_tells_how_it_ended() -> None:
    steps: list[Progress] = []
    stated = mandate(0)
    found = solve_general(stated, admissible_set(stated), control(steps.append))
    assert (found.engine, steps[-1].objective, steps[-1].bound) == ("cvxpy", found.objective, found.bound)


def test_a_solve_without_time_or_without_a_reason_ends_at_once() -> None:
    stated = mandate(0)
    with pytest.raises(OutOfTime):
        solve_general(stated, admissible_set(stated), control(seconds=-1.0))
    hours = itertools.count(0.0, 3600.0)
    passing = replace(control(), clock=lambda: next(hours), ends_at=5000.0)
    with pytest.raises(OutOfTime):
        solve_general(stated, admissible_set(stated), passing)
    with pytest.raises(Cancelled):
        solve_general(stated, admissible_set(stated), control(cancelled=lambda: True))


@pytest.mark.parametrize(
    ("misses", "best", "attempts"),
    [
        ([1e-9], 1e-9, 1),
        ([1e-6, 1e-9], 1e-9, 2),
        ([1e-8, 1e-6], 1e-8, 1),
        ([5e-8, 1e-6], 5e-8, 2),
        ([4e-6, 2e-6, 1e-8], 1e-8, 3),
        ([2e-6, 4e-6, 3e-6], 2e-6, 3),
        ([2e-6, SolverFailed("cvxpy", "stuck")], 2e-6, 2),
        ([4e-6, 2e-6, OutOfTime("over")], 2e-6, 3),
    ],
)
def test_of_all_attempts_the_one_nearest_to_its_bound_is_the_answer(
    misses: list[float | Exception], best: float, attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = iter(misses)

    def proven(*_: object) -> SimpleNamespace:
        miss = next(told)
        if isinstance(miss, Exception):
            raise miss
        return SimpleNamespace(
            miss=miss, certified=SimpleNamespace(miss=miss, solved=SimpleNamespace(clock_stopped=False))
        )

    monkeypatch.setattr("services.optimizer.domain.solvers.general._Solve.proven", proven)
    stated = mandate(0)
    found: Any = solve_by_cvxpy(stated, admissible_set(stated), control())
    assert found.miss == best
    assert len(list(told)) == len(misses) - attempts
