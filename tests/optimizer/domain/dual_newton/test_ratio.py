"""The program behind a ratio, found in one call."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from services.optimizer.domain.solvers.dual_newton import COMPILED, NewtonAnswer
from tests.optimizer.domain.dual_newton.checks import defect, objective, solver
from tests.optimizer.domain.dual_newton.regimes import REGIMES, Drawn, draw

NEAR = 1e-12
# Without rows the smallest portfolio has the greatest ratio above a rate below zero.
WITH_A_BUDGET = [name for name in REGIMES if name != "no rows"]

pytestmark = pytest.mark.skipif(not COMPILED, reason="numba is not installed")


def found(drawn: Drawn, rate: float) -> tuple[NewtonAnswer, float] | None:
    return solver(drawn).solve_ratio(drawn.program, rate, NEAR)


def rate_below(drawn: Drawn) -> float:
    """A rate that the best admissible weights exceed."""
    calm = replace(drawn.program, risk_aversion=1e3)
    return gained(drawn, solver(drawn).solve(calm).weights) - 0.01


def risk(drawn: Drawn, w: np.ndarray) -> float:
    exposures = drawn.loadings.T @ w
    return float(exposures @ exposures + drawn.specific @ w**2)


def gained(drawn: Drawn, w: np.ndarray) -> float:
    """μᵀw − costs."""
    return 0.5 * drawn.program.risk_aversion * risk(drawn, w) - objective(drawn, w)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("regime", WITH_A_BUDGET)
def test_the_aversion_is_the_ratio_and_no_other_weights_have_a_greater_one(regime: str, seed: int) -> None:
    drawn = draw(regime, seed, 80)
    rate = rate_below(drawn)
    both = found(drawn, rate)
    assert both is not None
    answer, aversion = both
    at = replace(drawn, program=replace(drawn.program, risk_aversion=aversion))
    assert defect(at, answer) is None
    excess, square = gained(drawn, answer.weights) - rate, risk(drawn, answer.weights)
    assert aversion == pytest.approx(excess / square, rel=1e-9)
    best = excess / np.sqrt(square)
    for other in np.geomspace(0.1, 10, 15):
        w = solver(drawn).solve(replace(drawn.program, risk_aversion=other * aversion)).weights
        assert (gained(drawn, w) - rate) / np.sqrt(risk(drawn, w)) <= best * (1 + 1e-9)


def test_where_nothing_exceeds_the_rate_there_is_none() -> None:
    drawn = draw("tight caps", 1, 40)
    assert found(drawn, float(drawn.program.expected_returns.max()) + 1.0) is None


def test_without_a_compiler_it_is_left_to_whoever_asks() -> None:
    drawn = draw("tight caps", 1, 40)
    assert solver(drawn, compiled=False).solve_ratio(drawn.program, 0.0, NEAR) is None


def test_the_first_aversion_does_not_matter() -> None:
    drawn = draw("tight caps", 2, 80)
    rate = rate_below(drawn)
    aversions = [
        solver(drawn).solve_ratio(replace(drawn.program, risk_aversion=first), rate, NEAR)[1]  # type: ignore[index]
        for first in (1e-2, 1.0, 1e2)
    ]
    assert aversions == pytest.approx([aversions[0]] * 3, rel=1e-9)
