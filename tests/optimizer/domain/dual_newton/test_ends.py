"""Programs without an answer, and solves that are cut short."""

from __future__ import annotations

import numpy as np
import pytest

from services.optimizer.domain.solvers.dual_newton import DualNewton, Program
from tests.optimizer.domain.dual_newton.checks import solved, solver
from tests.optimizer.domain.dual_newton.regimes import REGIMES, but, draw, sized

HALVES = pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "plain"])
BOXED = [name for name in REGIMES if name not in {"no rows", "no bounds"}]


@HALVES
def test_a_budget_that_no_weights_reach_is_told_at_once(compiled: bool) -> None:
    for regime in BOXED:
        drawn = draw(regime, 21, largest=60)
        program = drawn.program
        for lack in (1e-6, 1.0):
            budget = float(program.upper.sum()) + lack
            broken = but(drawn, floor=np.r_[budget, program.floor[1:]], cap=np.r_[budget, program.cap[1:]])
            answer = solved(broken, compiled=compiled)
            assert answer.empty, regime
            assert not answer.converged
            assert answer.iterations <= 150
            assert np.all(np.isfinite(answer.weights))
            assert np.all(np.isfinite(answer.z))


@HALVES
def test_too_little_turnover_to_reach_the_budget_is_told(compiled: bool) -> None:
    drawn = sized("linear costs", 5, 50)
    start = 0.5 * drawn.program.start
    answer = solved(but(drawn, start=start, turnover=0.2), compiled=compiled)
    assert answer.empty
    assert np.all(np.isfinite(answer.weights))


@HALVES
def test_rows_that_contradict_each_other_without_a_box_end_too(compiled: bool) -> None:
    drawn = sized("no bounds", 5, 30)
    rows = np.vstack([np.ones(drawn.assets)] * 2)
    free = DualNewton(drawn.loadings, drawn.specific, rows, compiled=compiled)
    limits = np.array([1.0, 2.0])
    program = Program(drawn.program.expected_returns, 5.0, drawn.program.lower, drawn.program.upper, limits, limits)
    answer = free.solve(program)
    assert not answer.converged
    assert np.all(np.isfinite(answer.weights))


@HALVES
def test_limits_the_wrong_way_round_are_an_empty_set(compiled: bool) -> None:
    drawn = sized("long only", 1, 20)
    program = drawn.program
    for crossed in (
        but(drawn, lower=program.upper + 0.1),
        but(drawn, floor=program.cap + 0.1),
    ):
        answer = solved(crossed, compiled=compiled)
        assert answer.empty
        assert not answer.converged
        assert np.all(np.isfinite(answer.weights))


@HALVES
def test_a_solve_cut_short_says_so_and_its_bound_still_holds(compiled: bool) -> None:
    drawn = sized("tiny specific risk", 1, 60)
    best = solved(drawn)
    short = solver(drawn, compiled=compiled).solve(drawn.program, most_steps=2)
    assert short.iterations == 2
    assert not short.converged
    assert not short.empty
    assert short.residual > 1e-6
    assert short.bound < best.value


@HALVES
def test_a_tolerance_below_rounding_ends_as_not_converged(compiled: bool) -> None:
    drawn = sized("range rows", 3, 150)
    answer = solver(drawn, compiled=compiled).solve(drawn.program, tolerance=0.0)
    assert answer.iterations <= 80
    assert answer.residual <= 1e-11
    assert not answer.empty
