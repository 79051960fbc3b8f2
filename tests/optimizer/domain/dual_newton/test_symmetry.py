"""What must not matter, and what must only make things worse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.optimizer.domain.dual_newton.checks import solved
from tests.optimizer.domain.dual_newton.regimes import REGIMES, Drawn, but, draw

thorough = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
regimes = st.sampled_from([name for name in REGIMES if name not in {"wide", "many factors"}])
seeds = st.integers(100, 10_000)
PER_ASSET = ("expected_returns", "lower", "upper", "start", "linear_cost", "impact_cost", "borrow_cost")


def unit(value: float) -> float:
    return max(1.0, abs(value))


@thorough
@given(regimes, seeds)
def test_the_order_of_assets_and_rows_does_not_matter(regime: str, seed: int) -> None:
    drawn = draw(regime, seed, largest=60)
    random = np.random.default_rng(seed)
    order, rows = random.permutation(drawn.assets), random.permutation(drawn.rows.shape[0])
    program, fields = drawn.program, {}
    for name in PER_ASSET:
        value = getattr(program, name)
        fields[name] = None if value is None else value[order]
    turned = Drawn(drawn.loadings[order], drawn.specific[order], drawn.rows[rows][:, order], program)
    found = solved(drawn)
    other = solved(but(turned, **fields, floor=program.floor[rows], cap=program.cap[rows]))
    assert other.value == pytest.approx(found.value, abs=1e-10 * unit(found.value))
    if regime != "uneven specific risk":
        assert other.weights == pytest.approx(found.weights[order], abs=1e-7)


@thorough
@given(regimes, seeds, st.floats(-3, 3))
def test_the_unit_of_the_objective_does_not_matter(regime: str, seed: int, power: float) -> None:
    drawn, factor = draw(regime, seed, largest=60), 10.0**power
    program = drawn.program
    scaled = {
        name: None if getattr(program, name) is None else factor * getattr(program, name)
        for name in ("expected_returns", "risk_aversion", "linear_cost", "impact_cost", "borrow_cost")
    }
    found, other = solved(drawn), solved(but(drawn, **scaled))
    assert other.converged
    assert other.value / factor == pytest.approx(found.value, abs=1e-9 * unit(found.value))


@thorough
@given(regimes, seeds, st.floats(-4, 4))
def test_the_unit_of_a_row_does_not_matter(regime: str, seed: int, power: float) -> None:
    drawn, factor = draw(regime, seed, largest=60), 10.0**power
    program = drawn.program
    scaled = but(replace(drawn, rows=factor * drawn.rows), floor=factor * program.floor, cap=factor * program.cap)
    found, other = solved(drawn), solved(scaled)
    assert other.converged
    assert other.value == pytest.approx(found.value, abs=1e-9 * unit(found.value))


@thorough
@given(regimes, seeds, st.sampled_from(["box", "turnover", "gross"]))
def test_a_tighter_limit_never_lowers_the_objective(regime: str, seed: int, limit: str) -> None:
    drawn = draw(regime, seed, largest=60)
    found, program = solved(drawn), drawn.program
    if limit == "box":
        tighter = but(drawn, upper=np.maximum(program.lower, program.upper - 0.2 * np.abs(found.weights)))
    elif limit == "turnover":
        start = np.zeros(drawn.assets) if program.start is None else program.start
        tighter = but(drawn, turnover=0.45 * float(np.abs(found.weights - start).sum()))
    else:
        tighter = but(drawn, gross=0.95 * float(np.abs(found.weights).sum()))
    answer = solved(tighter)
    # It may have no answer any more; then that is known, but where the box is open.
    if answer.converged:
        assert answer.value >= found.value - 1e-10 * unit(found.value)
    else:
        assert answer.empty or regime == "no bounds"


@thorough
@given(regimes, seeds, seeds, st.booleans())
def test_where_it_starts_does_not_matter(regime: str, seed: int, other: int, compiled: bool) -> None:
    drawn = draw(regime, seed, largest=60)
    cold = solved(drawn, compiled=compiled)
    random = np.random.default_rng(other)
    shifted = drawn.program.expected_returns + 0.01 * random.standard_normal(drawn.assets)
    near = solved(but(drawn, expected_returns=shifted), compiled=compiled)
    for z in (near.z, random.standard_normal(cold.z.size), np.full(cold.z.size, np.nan)):
        warm = solved(drawn, z, compiled=compiled)
        assert warm.converged
        assert warm.value == pytest.approx(cold.value, abs=1e-9 * unit(cold.value))


@thorough
@given(regimes, seeds)
def test_an_answer_is_its_own_start(regime: str, seed: int) -> None:
    drawn = draw(regime, seed, largest=60)
    again = solved(drawn, solved(drawn).z)
    assert again.converged
    assert again.iterations <= 3


def test_equal_inputs_give_equal_bytes() -> None:
    for regime in ("long only", "everything at once"):
        first, second = (solved(draw(regime, 1)) for _ in range(2))
        assert first.weights.tobytes() == second.weights.tobytes()
        assert (first.value, first.bound) == (second.value, second.bound)
