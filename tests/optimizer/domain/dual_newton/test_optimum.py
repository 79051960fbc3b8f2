"""The optimum and its conditions, by the compiled half and by the plain one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from services.optimizer.domain.solvers.dual_newton import DualNewton, Program
from tests.optimizer.domain.dual_newton.checks import defect, objective, solved, solver, violation
from tests.optimizer.domain.dual_newton.regimes import but, sized, with_rows

HALVES = pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "plain"])
TIGHT = 1e-9


def marginal(drawn, answer) -> np.ndarray:
    """γ(FFᵀ + D)w − μ + Aᵀν: what moving a weight costs, but for what its own kinks cost."""
    w, program = answer.weights, drawn.program
    risk = drawn.loadings @ (drawn.loadings.T @ w) + drawn.specific * w
    return program.risk_aversion * risk - program.expected_returns + drawn.rows.T @ answer.row_multipliers


@HALVES
@pytest.mark.parametrize("regime", ["long only", "tight caps", "range rows", "equations for groups", "uneven rows"])
def test_no_weight_wants_to_move_and_only_rows_that_press_have_a_price(regime: str, compiled: bool) -> None:
    drawn = sized(regime, 11, 80)
    program, answer = drawn.program, solved(drawn, compiled=compiled)
    cost, w, used = marginal(drawn, answer), answer.weights, drawn.rows @ answer.weights
    free = (w > program.lower) & (w < program.upper)
    assert np.abs(cost[free]).max(initial=0.0) <= TIGHT
    assert cost[w <= program.lower].min(initial=0.0) >= -TIGHT
    assert cost[w >= program.upper].max(initial=0.0) <= TIGHT
    capped, floored = answer.row_multipliers > 0, answer.row_multipliers < 0
    size = np.maximum(1.0, np.abs(drawn.rows).max(axis=1))
    assert np.abs((used - program.cap) / size)[capped].max(initial=0.0) <= TIGHT
    assert np.abs((used - program.floor) / size)[floored].max(initial=0.0) <= TIGHT
    assert answer.factor_multipliers == pytest.approx(program.risk_aversion * drawn.loadings.T @ w, abs=TIGHT)


@HALVES
def test_a_traded_weight_pays_its_marginal_cost_and_an_untraded_one_would_pay_more(compiled: bool) -> None:
    drawn = sized("impact", 4, 120)
    drawn = but(drawn, turnover=0.6 * 0.5 * float(np.abs(solved(drawn).weights - drawn.program.start).sum()))
    program, answer = drawn.program, solved(drawn, compiled=compiled)
    assert answer.turnover_price > 0
    gone = answer.weights - program.start
    assert 0.5 * np.abs(gone).sum() == pytest.approx(program.turnover, abs=1e-10)
    kink = program.linear_cost + 0.5 * answer.turnover_price
    cost, free = marginal(drawn, answer), (answer.weights > program.lower) & (answer.weights < program.upper)
    traded, still = free & (gone != 0), free & (gone == 0)
    paid = cost + np.sign(gone) * (kink + 1.5 * program.impact_cost * np.sqrt(np.abs(gone)))
    assert traded.any()
    assert still.any()
    assert np.abs(paid[traded]).max() <= TIGHT
    assert np.all(np.abs(cost[still]) <= kink[still] + TIGHT)


@HALVES
def test_a_short_weight_pays_for_borrowing_and_for_gross_exposure(compiled: bool) -> None:
    drawn = sized("borrow costs", 2, 120)
    drawn = but(drawn, gross=1.0 + 0.5 * (float(np.abs(solved(drawn).weights).sum()) - 1.0))
    program, answer = drawn.program, solved(drawn, compiled=compiled)
    w, eta = answer.weights, answer.gross_price
    assert eta > 0
    assert np.abs(w).sum() == pytest.approx(program.gross, abs=1e-10)
    cost, free = marginal(drawn, answer), (w > program.lower) & (w < program.upper)
    long, short, flat = free & (w > 0), free & (w < 0), free & (w == 0)
    assert long.any()
    assert short.any()
    assert flat.any()
    assert np.abs(cost[long] + eta).max() <= TIGHT
    assert np.abs(cost[short] - eta - program.borrow_cost[short]).max() <= TIGHT
    assert np.all(cost[flat] >= -eta - TIGHT)
    assert np.all(cost[flat] <= eta + program.borrow_cost[flat] + TIGHT)


@HALVES
def test_weights_at_a_bound_are_exactly_there(compiled: bool) -> None:
    drawn = sized("tight caps", 3, 80)
    w, program = solved(drawn, compiled=compiled).weights, drawn.program
    near = np.minimum(w - program.lower, program.upper - w) < 1e-12
    assert near.any()
    assert np.all((w[near] == program.lower[near]) | (w[near] == program.upper[near]))


@HALVES
def test_one_asset_takes_the_whole_budget(compiled: bool) -> None:
    alone = DualNewton(np.zeros((1, 0)), np.array([0.04]), np.ones((1, 1)), compiled=compiled)
    one = np.ones(1)
    answer = alone.solve(Program(0.05 * one, 5.0, 0.0 * one, one, one, one))
    assert answer.converged
    assert answer.weights == pytest.approx([1.0], abs=1e-11)
    assert answer.row_multipliers == pytest.approx([0.05 - 5.0 * 0.04], abs=1e-11)


@HALVES
def test_without_rows_and_factors_every_asset_stands_alone(compiled: bool) -> None:
    random = np.random.default_rng(0)
    mu, specific, nothing = random.normal(0, 0.1, 9), random.uniform(0.01, 0.1, 9), np.zeros(0)
    alone = DualNewton(np.zeros((9, 0)), specific, np.zeros((0, 9)), compiled=compiled)
    answer = alone.solve(Program(mu, 3.0, np.full(9, -0.2), np.full(9, 0.3), nothing, nothing))
    assert answer.weights == pytest.approx(np.clip(mu / (3.0 * specific), -0.2, 0.3), abs=1e-15)
    assert answer.iterations == 0


@HALVES
def test_duplicates_are_held_alike(compiled: bool) -> None:
    drawn = sized("long only", 8, 30)
    twice = replace(
        drawn,
        loadings=np.vstack([drawn.loadings] * 2),
        specific=np.tile(drawn.specific, 2),
        rows=np.hstack([drawn.rows] * 2),
    )
    fields = {name: np.tile(getattr(drawn.program, name), 2) for name in ("expected_returns", "lower", "upper")}
    answer = solved(but(twice, **fields), compiled=compiled)
    assert answer.converged
    assert answer.weights[: drawn.assets] == pytest.approx(answer.weights[drawn.assets :], abs=1e-10)


@HALVES
def test_a_row_said_twice_changes_nothing(compiled: bool) -> None:
    drawn = sized("equations for groups", 2, 60)
    program = drawn.program
    again = with_rows(drawn, 3.0 * drawn.rows, 3.0 * program.floor, 3.0 * program.cap)
    once, twice = solved(drawn, compiled=compiled), solved(again, compiled=compiled)
    assert defect(again, twice) is None
    assert twice.weights == pytest.approx(once.weights, abs=1e-9)


@HALVES
def test_what_may_not_turn_over_stays(compiled: bool) -> None:
    drawn = sized("no turnover", 6, 50)
    answer = solved(drawn, compiled=compiled)
    assert answer.converged
    assert answer.weights == pytest.approx(drawn.program.start, abs=1e-11)


@HALVES
def test_the_bound_holds_whatever_the_prices(compiled: bool) -> None:
    random = np.random.default_rng(1)
    for regime in ("range rows", "everything at once", "no bounds"):
        drawn = sized(regime, 9, 40)
        best = solved(drawn).value
        for size in (0.0, 1e-3, 1.0, 1e3):
            z = size * random.standard_normal(solver(drawn).structure.prices)
            rough = solver(drawn, compiled=compiled).solve(drawn.program, z, most_steps=0)
            assert rough.bound <= best + 1e-13
            assert rough.iterations == 0


@HALVES
def test_the_value_is_the_objective_of_the_weights(compiled: bool) -> None:
    for regime in ("everything at once", "gross exposure", "start outside"):
        drawn = sized(regime, 3, 60)
        answer = solved(drawn, compiled=compiled)
        assert answer.value == pytest.approx(objective(drawn, answer.weights), rel=1e-12, abs=1e-14)
        assert violation(drawn, answer.weights) <= 1e-10
