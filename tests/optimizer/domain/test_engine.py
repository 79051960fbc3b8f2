"""The engine against the mathematics: an oracle, monotonicity, symmetry, certificates."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.optimizer.domain.admissible import admissible_set
from services.optimizer.domain.constraints import Bounds, Constraints
from services.optimizer.domain.covariance import DenseCovariance, FactorCovariance
from services.optimizer.domain.engine import Progress
from services.optimizer.domain.errors import Cancelled, Infeasible, NoExcessReturn, OutOfTime, Unbounded
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem, StopRule
from services.optimizer.domain.records import replayable
from services.optimizer.domain.solvers.choosing import CLARABEL, ChoosingEngine
from services.optimizer.domain.vectors import vector
from tests.optimizer import oracle
from tests.optimizer.problems import GOALS, control, equal_weights, moments, problem, problems, symbols

ENGINE = ChoosingEngine()
BY_CLARABEL = ChoosingEngine((CLARABEL,))
either = pytest.mark.parametrize("engine", [ENGINE, BY_CLARABEL], ids=["chosen", "clarabel"])
thorough = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@either
@thorough
@given(stated=problems())
def test_another_solver_finds_the_same_objective(engine: ChoosingEngine, stated: Problem) -> None:
    assert engine.solve(stated, control()).solved.objective == pytest.approx(oracle.best(stated), abs=1e-7, rel=1e-7)


@either
@thorough
@given(stated=problems())
def test_the_weights_are_admissible_and_the_gap_is_tiny(engine: ChoosingEngine, stated: Problem) -> None:
    found = engine.solve(stated, control())
    assert admissible_set(stated).violation(found.solved.weights) <= 1e-9
    assert found.solved.gap <= 1e-8


@either
@thorough
@given(stated=problems())
def test_every_bound_on_the_way_holds(engine: ChoosingEngine, stated: Problem) -> None:
    steps: list[Progress] = []
    found = engine.solve(stated, control(steps.append))
    better = 1.0 if stated.goal.maximizes else -1.0
    for step in steps:
        assert better * (step.bound - found.solved.objective) >= -1e-9
    assert better * (found.solved.bound - found.solved.objective) >= 0


@thorough
@given(problems(), st.floats(0.3, 0.95))
def test_a_tighter_constraint_never_improves_the_objective(stated: Problem, share: float) -> None:
    found = ENGINE.solve(stated, control())
    largest = float(np.abs(found.solved.weights).max())
    said = stated.constraints
    tight = Bounds(max(said.default_bounds.min, -largest * share), min(said.default_bounds.max, largest * share))
    if tight.min > tight.max:
        return
    tighter = replace(stated, constraints=replace(said, default_bounds=tight))
    try:
        worse = ENGINE.solve(tighter, control())
    except (Infeasible, NoExcessReturn):
        return
    better = 1.0 if stated.goal.maximizes else -1.0
    assert better * (worse.solved.objective - found.solved.objective) <= 1e-9


@thorough
@given(problems(), st.randoms(use_true_random=False))
def test_the_order_of_the_assets_does_not_matter(stated: Problem, random: object) -> None:
    order = list(range(stated.assets))
    random.shuffle(order)  # type: ignore[attr-defined]
    found, shuffled = ENGINE.solve(stated, control()), ENGINE.solve(permuted(stated, order), control())
    assert shuffled.solved.objective == pytest.approx(found.solved.objective, abs=1e-9)
    if stated.goal.objective is not Objective.RETURN:
        assert shuffled.solved.weights == pytest.approx(found.solved.weights[order], abs=1e-6)


def permuted(stated: Problem, order: list[int]) -> Problem:
    covariance = stated.moments.covariance
    if isinstance(covariance, DenseCovariance):
        turned: DenseCovariance | FactorCovariance = DenseCovariance(vector(covariance.matrix[np.ix_(order, order)]))
    else:
        turned = FactorCovariance(vector(covariance.loadings[order]), vector(covariance.specific[order]))
    names = tuple(stated.symbols[index] for index in order)
    return replace(
        stated,
        moments=Moments(names, vector(stated.moments.expected_returns[order]), turned, stated.moments.observations),
    )


@pytest.mark.parametrize("goal", GOALS, ids=str)
def test_dense_and_factor_forms_of_one_covariance_agree(goal: Goal) -> None:
    factors = ENGINE.solve(problem(goal, of=moments(seed=5)), control())
    dense = ENGINE.solve(problem(goal, of=moments(seed=5, dense=True)), control())
    assert dense.solved.objective == pytest.approx(factors.solved.objective, abs=1e-10)
    assert dense.solved.weights == pytest.approx(factors.solved.weights, abs=1e-8)


@pytest.mark.parametrize("goal", GOALS, ids=str)
def test_equal_inputs_give_byte_equal_results(goal: Goal) -> None:
    first, second = (ENGINE.solve(problem(goal), control()) for _ in range(2))
    assert replayable(first) == replayable(second)


def test_the_karush_kuhn_tucker_conditions_hold_at_least_risk() -> None:
    """Long only and fully invested: marginal risks of held assets are equal, of the others not smaller."""
    stated = problem(Goal(Objective.RISK))
    weights = ENGINE.solve(stated, control()).solved.weights
    marginal = stated.moments.covariance.times(weights)
    held = weights > 0
    assert np.ptp(marginal[held]) <= 1e-12
    assert np.all(marginal[~held] >= marginal[held].max() - 1e-12)


def test_without_binding_bounds_the_sharpe_optimum_is_the_tangency_portfolio() -> None:
    stated = problem(Goal(risk_free_rate=0.01), Constraints(default_bounds=Bounds(-5, 5)), of=moments(dense=True))
    raw = np.linalg.solve(oracle.sigma(stated), stated.moments.expected_returns - 0.01)
    assert ENGINE.solve(stated, control()).solved.weights == pytest.approx(raw / raw.sum(), abs=1e-9)


def test_a_portfolio_scaled_by_cash_has_the_same_ratio_and_the_fullest_is_given() -> None:
    stated = problem(Goal(), Constraints(min_budget=0.0))
    found = ENGINE.solve(stated, control())
    assert found.cash == pytest.approx(0.0, abs=1e-9)
    assert found.solved.objective == pytest.approx(ENGINE.solve(problem(Goal()), control()).solved.objective, abs=1e-9)


def test_a_covariance_without_full_rank_is_solved() -> None:
    random = np.random.default_rng(3)
    returns = random.normal(0.0005, 0.01, (15, 40))
    singular = DenseCovariance(vector(np.cov(returns.T) * 252))
    of = Moments(symbols(40), vector(returns.mean(axis=0) * 252), singular, 15)
    capped = Constraints(default_bounds=Bounds(0.0, 0.08))
    for goal in (
        Goal(Objective.RISK),
        Goal(Objective.UTILITY, risk_aversion=5),
        Goal(Objective.RETURN, max_volatility=0.1),
    ):
        stated = problem(goal, capped, of=of)
        # Some portfolio carries no risk at all: a variance of 1e-10 is a volatility of 1e-5.
        tolerance = 3e-5 if goal.objective is Objective.RISK else 1e-6
        assert ENGINE.solve(stated, control()).solved.objective == pytest.approx(oracle.best(stated), abs=tolerance)


def test_one_asset_is_a_portfolio() -> None:
    found = ENGINE.solve(problem(Goal(Objective.RISK), of=moments(1, 1)), control())
    assert found.solved.weights == pytest.approx([1.0], abs=1e-12)


def test_no_turnover_keeps_the_current_weights() -> None:
    stated = problem(Goal(Objective.RISK), Constraints(max_turnover=0.0), current=equal_weights(12))
    assert ENGINE.solve(stated, control()).solved.weights == pytest.approx(np.full(12, 1 / 12), abs=1e-7)


def test_what_is_sold_outside_the_universe_counts_as_turnover() -> None:
    stated = problem(Goal(Objective.RISK), Constraints(max_turnover=0.75), leaving=0.5)
    found = ENGINE.solve(replace(stated, current={"S000": 0.5}), control())
    assert found.turnover <= 0.75 + 1e-9
    with pytest.raises(Infeasible):
        ENGINE.solve(replace(stated, leaving=2.0), control())


def test_a_riskless_portfolio_with_excess_return_makes_the_ratio_unbounded() -> None:
    of = Moments(symbols(2), vector([0.05, 0.1]), DenseCovariance(vector([[0, 0], [0, 0.04]])))
    with pytest.raises(Unbounded, match="no maximum"):
        ENGINE.solve(problem(Goal(), of=of), control())


def test_a_risk_free_rate_above_every_return_leaves_no_excess_return() -> None:
    with pytest.raises(NoExcessReturn, match="risk-free rate"):
        ENGINE.solve(problem(Goal(risk_free_rate=0.9)), control())


def test_a_wider_gap_target_stops_earlier_and_is_kept() -> None:
    fine = BY_CLARABEL.solve(problem(GOALS[5], of=moments(60)), control())
    coarse = BY_CLARABEL.solve(problem(GOALS[5], of=moments(60), stop=StopRule(gap_target=1e-2)), control())
    assert coarse.solved.iterations < fine.solved.iterations
    assert coarse.solved.gap <= 1e-2


def test_a_cancelled_solve_ends_as_cancelled() -> None:
    steps: list[Progress] = []
    with pytest.raises(Cancelled):
        BY_CLARABEL.solve(problem(of=moments(100)), control(steps.append, cancelled=lambda: bool(steps)))
    assert len(steps) == 1


def test_a_search_that_takes_its_time_tells_of_bounds_that_hold() -> None:
    """A clock that is a tenth of a second on at every look."""
    steps: list[Progress] = []
    ticks = itertools.count()
    slow = replace(control(steps.append), clock=lambda: 0.1 * next(ticks), ends_at=1e9)
    found = ENGINE.solve(problem(Goal(Objective.RETURN, max_volatility=0.12), of=moments(60)), slow).solved
    assert found.engine == "dual_newton"
    assert len(steps) >= 3
    assert all(step.bound >= found.objective - 1e-12 for step in steps)
    assert all(step.objective <= found.objective + 1e-12 for step in steps)
    assert [step.elapsed_ms for step in steps] == sorted(step.elapsed_ms for step in steps)


@either
def test_a_solve_that_is_not_wanted_any_more_ends_as_cancelled(engine: ChoosingEngine) -> None:
    with pytest.raises(Cancelled):
        engine.solve(problem(of=moments(100)), control(cancelled=lambda: True))


def test_a_solve_without_time_ends_as_out_of_time() -> None:
    with pytest.raises(OutOfTime):
        ENGINE.solve(problem(of=moments(100)), control(seconds=-1.0))


def test_the_clock_can_stop_a_solve_that_already_has_an_answer() -> None:
    """A clock that runs out at the last iterations: the weights hold, the result says that it may not be repeated."""
    steps: list[Progress] = []
    now = lambda: 100.0 if steps and steps[-1].gap < 1e-7 else 0.0  # noqa: E731
    found = BY_CLARABEL.solve(problem(GOALS[5]), replace(control(steps.append), clock=now, ends_at=50.0))
    assert found.solved.clock_stopped
    assert found.solved.gap < 1e-4
