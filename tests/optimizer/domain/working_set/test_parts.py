"""Pieces, what presses, where the steps come to rest, and one solver used again and again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from services.optimizer.domain.admissible import AdmissibleSet, Row, admissible_set
from services.optimizer.domain.certificate import Certificate
from services.optimizer.domain.costs import CostRates
from services.optimizer.domain.covariance import DenseCovariance
from services.optimizer.domain.errors import SolverFailed
from services.optimizer.domain.solvers.choosing import CLARABEL, DENSE, ChoosingEngine
from services.optimizer.domain.solvers.quadratics import Quadratic
from services.optimizer.domain.solvers.working_set.names import first_names
from services.optimizer.domain.solvers.working_set.pieces import pieces, rest, row_values
from services.optimizer.domain.solvers.working_set.pressing import Held
from services.optimizer.domain.solvers.working_set.quadratics import DenseQuadratics
from tests.optimizer.domain.working_set.worlds import BOXES, GOALS, grouped, held, sampled
from tests.optimizer.problems import control

bounded = settings(max_examples=60, deadline=None, derandomize=True)


@st.composite
def boxes(draw: st.DrawFn) -> tuple[AdmissibleSet, CostRates | None]:
    count = draw(st.integers(1, 8))
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    # Coarse numbers, so that bounds, kinks and each other often are the same.
    lower = random.integers(-2, 2, count) / 2
    upper = lower + random.integers(0, 4, count) / 2
    start = random.integers(-2, 3, count) / 2
    admissible = AdmissibleSet(
        lower,
        upper,
        sparse.csr_array(random.normal(size=(2, count))),
        np.full(2, -5.0),
        np.full(2, 5.0),
        (Row("BUDGET", "constraints"), Row("ROW", "constraints.rows[a]")),
        start,
        draw(st.none() | st.just(0.5)),
        draw(st.none() | st.just(1.5)),
    )
    nothing, some = np.zeros(count), random.uniform(0, 0.01, count)
    rates = CostRates(some, nothing, nothing, some if draw(st.booleans()) else nothing, 1.0)
    return admissible, rates if draw(st.booleans()) else None


@bounded
@given(boxes(), st.integers(0, 10_000))
def test_pieces_say_what_weights_cost_and_add_to_every_row(
    asked: tuple[AdmissibleSet, CostRates | None], seed: int
) -> None:
    admissible, rates = asked
    of, random = pieces(admissible, rates), np.random.default_rng(seed)
    inside = admissible.lower + random.uniform(size=admissible.assets) * (admissible.upper - admissible.lower)
    weights = np.where(
        random.random(admissible.assets) < 0.3, np.clip(admissible.start, admissible.lower, admissible.upper), inside
    )
    np.testing.assert_array_equal(of.weights(of.places(weights)), weights)
    entered = of.places(weights) - of.left
    lowest = admissible.lower
    np.testing.assert_allclose(
        row_values(admissible, lowest) + of.rows @ entered, row_values(admissible, weights), atol=1e-12
    )
    if rates is not None:
        paid = rates.yearly(weights, admissible.start) - rates.yearly(lowest, admissible.start)
        assert of.cost @ entered == pytest.approx(paid, abs=1e-12)


@bounded
@given(boxes())
def test_whoever_rests_does_so_at_the_end_of_a_piece(asked: tuple[AdmissibleSet, CostRates | None]) -> None:
    admissible, rates = asked
    of, resting = pieces(admissible, rates), rest(admissible, rates)
    assert np.all(np.diff(of.asset) >= 0)
    for asset in np.flatnonzero(np.isfinite(resting)):
        mine = of.asset == asset
        assert resting[asset] in np.concatenate([of.left[mine], of.right[mine]])


@pytest.mark.parametrize("rank", [3, 12])
def test_a_step_refined_meets_the_rows_even_where_the_block_has_no_inverse(rank: int) -> None:
    random = np.random.default_rng(rank)
    root, rows = random.normal(size=(12, rank)), random.normal(size=(2, 12))
    block, wanted = root @ root.T, random.normal(size=2)
    pull = block @ random.normal(size=12) + rows.T @ random.normal(size=2)
    system, step, prices = Held(block, rows), np.zeros(12), np.zeros(2)
    for _ in range(4):
        further, change = system.step(pull - block @ step - rows.T @ prices, wanted - rows @ step)
        step, prices = step + further, prices + change
    np.testing.assert_allclose(rows @ step, wanted, atol=1e-9)
    np.testing.assert_allclose(block @ step + rows.T @ prices, pull, atol=1e-9)


def test_rows_that_repeat_each_other_share_their_price() -> None:
    random = np.random.default_rng(1)
    root, row = random.normal(size=(6, 6)), random.normal(size=(1, 6))
    step, prices = Held(root @ root.T, np.vstack([row, row])).step(np.ones(6), np.ones(2))
    assert row @ step == pytest.approx([1.0])
    assert prices[0] == pytest.approx(prices[1])


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES.keys())
def test_a_warm_start_answers_as_a_cold_one(box: object) -> None:
    stated = grouped(sampled(150, 400), GOALS[2], box)  # type: ignore[arg-type]
    covariance, admissible, random = stated.moments.covariance, admissible_set(stated), np.random.default_rng(5)
    assert isinstance(covariance, DenseCovariance)
    warm = DenseQuadratics(covariance, admissible, None)
    for aversion in (5.0, 4.0, 40.0, 0.5, 5.0):
        asked = Quadratic(stated.moments.expected_returns + 0.01 * random.standard_normal(150), aversion)
        again, anew = warm.solve(asked), DenseQuadratics(covariance, admissible, None).solve(asked)
        np.testing.assert_allclose(again.weights, anew.weights, atol=1e-9)


def test_what_is_solved_again_is_settled_in_a_step_or_two() -> None:
    stated = grouped(sampled(200, 500), GOALS[2], BOXES["long"])
    assert isinstance(stated.moments.covariance, DenseCovariance)
    solver = DenseQuadratics(stated.moments.covariance, admissible_set(stated), None)
    asked = Quadratic(stated.moments.expected_returns, 5.0)
    first, second = solver.solve(asked), solver.solve(asked)
    assert second.iterations <= 2 < first.iterations
    np.testing.assert_allclose(second.weights, first.weights, atol=1e-13)


def test_the_multipliers_prove_the_optimum() -> None:
    stated = held(grouped(sampled(200, 500), GOALS[2], BOXES["long"], max_turnover=0.3, max_gross=1.0))
    admissible, certificate = admissible_set(stated), Certificate(stated)
    assert isinstance(stated.moments.covariance, DenseCovariance)
    point = DenseQuadratics(stated.moments.covariance, admissible, None).solve(
        Quadratic(stated.moments.expected_returns, stated.goal.risk_aversion)
    )
    bound = certificate.bound(point.weights, admissible, point.multipliers)
    assert certificate.objective(point.weights) == pytest.approx(bound, abs=1e-12)


def test_other_limits_of_the_rows_are_aimed_at() -> None:
    stated = grouped(sampled(150, 400), GOALS[2], BOXES["long"])
    covariance, admissible = stated.moments.covariance, admissible_set(stated)
    assert isinstance(covariance, DenseCovariance)
    solver, asked = DenseQuadratics(covariance, admissible, None), Quadratic(stated.moments.expected_returns, 5.0)
    solver.solve(asked)
    tighter = replace(admissible, cap=np.where(np.arange(admissible.cap.size) > 0, 0.21, admissible.cap))
    aimed, anew = solver.aimed(tighter).solve(asked), DenseQuadratics(covariance, tighter, None).solve(asked)
    np.testing.assert_allclose(aimed.weights, anew.weights, atol=1e-10)
    assert tighter.violation(aimed.weights) <= 1e-12


def test_without_an_aversion_to_risk_there_is_no_answer() -> None:
    stated = grouped(sampled(20, 60), GOALS[2], BOXES["long"])
    assert isinstance(stated.moments.covariance, DenseCovariance)
    with pytest.raises(SolverFailed):
        DenseQuadratics(stated.moments.covariance, admissible_set(stated), None).solve(Quadratic(np.ones(20), 0.0))


def test_a_few_assets_are_enough_to_begin_with_where_the_others_can_rest() -> None:
    for box, few in (("long", True), ("tight", False), ("both", False)):
        stated = grouped(sampled(300, 700), GOALS[2], BOXES[box])
        admissible = admissible_set(stated)
        variances = stated.moments.covariance.variances
        names = first_names(stated.moments.expected_returns, variances, admissible, rest(admissible, None))
        assert (2 * names.size <= 300) is few
        # Those that begin can meet the budget.
        assert admissible.upper[names].sum() >= 1.0


def test_few_weights_and_many_have_the_same_product_with_a_covariance() -> None:
    covariance, weights = sampled(40, 90).covariance, np.random.default_rng(2).normal(size=40)
    few = np.where(np.arange(40) < 7, weights, 0.0)
    rest_of = np.where(np.arange(40) < 7, 0.0, weights)
    np.testing.assert_allclose(covariance.times(few) + covariance.times(rest_of), covariance.times(weights), atol=1e-15)
    np.testing.assert_array_equal(covariance.times(np.zeros(40)), np.zeros(40))


def test_a_frontier_over_a_dense_covariance_is_that_of_its_points() -> None:
    stated = grouped(sampled(150, 400), GOALS[1], BOXES["long"])
    ours, theirs = ChoosingEngine((DENSE,)), ChoosingEngine((CLARABEL,))
    frontier = ours.frontier(stated, 6, control())
    risks = [point.risk for point in frontier.points]
    assert risks == sorted(risks)
    for point in frontier.points[1:-1]:
        goal = replace(stated.goal, min_return=point.measures.expected_return)
        other = theirs.solve(replace(stated, goal=goal), control()).solved
        assert point.risk == pytest.approx(other.objective, abs=1e-8)
        assert point.gap <= 1e-9
