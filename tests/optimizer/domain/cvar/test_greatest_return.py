"""The greatest return under a cap on CVaR."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.optimizer.domain.engine import Control, Progress
from services.optimizer.domain.errors import Cancelled, Infeasible, OutOfTime
from services.optimizer.domain.linear import greatest_return
from services.optimizer.domain.solvers.cvar import (
    CvarSolved,
    Scenarios,
    maximize_return_with_cvar_cap,
    minimize_cvar,
)
from services.optimizer.domain.solvers.cvar.region import Region
from tests.optimizer.domain.cvar import worlds as oracle
from tests.optimizer.domain.cvar.worlds import World, admissible, returns, worlds
from tests.optimizer.problems import control

thorough = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
EXPECTED = np.random.default_rng(5).normal(0.08, 0.06, 20)


def best(world: World, cap: float, watch: Control | None = None) -> CvarSolved:
    return maximize_return_with_cvar_cap(
        world.admissible, world.expected_returns, world.scenarios, cap, watch or control(), gross=world.gross
    )


def least(world: World) -> float:
    return minimize_cvar(world.admissible, world.scenarios, control(), gross=world.gross).solved.objective


@thorough
@given(worlds(), st.floats(1e-4, 0.03))
def test_the_full_linear_program_has_the_same_greatest(world: World, room: float) -> None:
    cap = least(world) + room
    assert best(world, cap).solved.objective == pytest.approx(oracle.greatest_return(world, cap), abs=1e-8)


@thorough
@given(worlds(), st.floats(0.0, 0.03))
def test_the_weights_keep_every_limit_and_the_gap_is_tiny(world: World, room: float) -> None:
    cap = least(world) + room
    found = best(world, cap)
    assert Region.of(world.admissible, world.gross).violation(found.solved.weights) <= 1e-9
    assert world.scenarios.tail(found.solved.weights).cvar <= cap + 1e-10
    assert found.solved.gap <= 1e-9


@thorough
@given(worlds(), st.floats(1e-4, 0.03))
def test_every_bound_on_the_way_holds(world: World, room: float) -> None:
    steps: list[Progress] = []
    found = best(world, least(world) + room, control(steps.append))
    for step in steps:
        assert step.bound >= found.solved.objective - 1e-12
        assert step.objective <= found.solved.objective + 1e-12


@thorough
@given(worlds(), st.floats(1e-4, 0.01), st.floats(0.0, 0.01))
def test_a_higher_cap_never_lowers_the_return(world: World, room: float, more: float) -> None:
    cap = least(world) + room
    assert best(world, cap + more).solved.objective >= best(world, cap).solved.objective - 1e-11


@thorough
@given(worlds(), st.floats(1e-4, 0.01))
def test_a_cap_out_of_reach_is_named_with_what_is_within_reach(world: World, short: float) -> None:
    reachable = least(world)
    with pytest.raises(Infeasible) as raised:
        best(world, reachable - short)
    (conflict,) = raised.value.conflicts
    assert (conflict.type, conflict.subject) == ("MAX_CVAR", "constraints.max_cvar.max")
    assert conflict.limit == reachable - short
    assert reachable - 1e-10 <= conflict.needed <= reachable + 2e-6
    assert best(world, conflict.needed).solved.gap <= 1e-9


def test_a_cap_out_of_reach_is_told_in_a_sentence() -> None:
    flat = Scenarios.of(np.full((10, 2), -0.027), 0.95)
    with pytest.raises(Infeasible) as raised:
        maximize_return_with_cvar_cap(admissible(2), np.array([0.1, 0.2]), flat, 0.02, control())
    (conflict,) = raised.value.conflicts
    assert conflict.description == "the greatest conditional value at risk is 0.02; it would have to be at least 0.027"


def test_a_cap_that_presses_is_reached_and_its_price_is_what_moving_it_is_worth() -> None:
    of, base, step = admissible(20, 0.0, 0.3), Scenarios.of(returns(500, 20), 0.95), 1e-7
    cap = minimize_cvar(of, base, control()).solved.objective + 2e-3
    found, better = (maximize_return_with_cvar_cap(of, EXPECTED, base, cap + extra, control()) for extra in (0, step))
    assert found.tail.cvar == pytest.approx(cap, abs=1e-12)
    gain = better.solved.objective - found.solved.objective
    assert gain == pytest.approx(found.multipliers.cone * step, rel=1e-4)


def test_a_cap_that_does_not_press_has_no_price() -> None:
    of, base = admissible(20, 0.0, 0.3), Scenarios.of(returns(500, 20), 0.95)
    found = maximize_return_with_cvar_cap(of, EXPECTED, base, 1.0, control())
    assert found.solved.objective == pytest.approx(greatest_return(EXPECTED, of, 10.0), abs=1e-12)
    assert found.multipliers.cone == 0


def test_at_the_very_least_cvar_there_is_an_answer() -> None:
    of, base = admissible(20, 0.0, 0.3), Scenarios.of(returns(500, 20), 0.95)
    least_of_all = minimize_cvar(of, base, control())
    found = maximize_return_with_cvar_cap(of, EXPECTED, base, least_of_all.solved.objective, control())
    assert found.solved.objective >= float(EXPECTED @ least_of_all.solved.weights) - 1e-9
    assert found.solved.gap <= 1e-9


@pytest.mark.parametrize("hair", [1e-6, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-14, 1e-16])
def test_a_cap_a_hair_below_the_least_cvar_is_met_but_for_rounding_or_named(hair: float) -> None:
    of, base, mu = admissible(60, 0.0, 0.1), Scenarios.of(returns(600, 60), 0.95), np.linspace(-0.1, 0.2, 60)
    cap = minimize_cvar(of, base, control()).solved.objective * (1 - hair)
    try:
        found = maximize_return_with_cvar_cap(of, mu, base, cap, control())
    except Infeasible as refused:
        assert refused.conflicts[0].needed > cap
    else:
        assert hair <= 1e-7
        assert found.tail.cvar <= cap + 1e-9
        assert found.solved.gap <= 1e-9


def test_when_the_time_is_up_weights_that_keep_the_cap_are_the_answer() -> None:
    now, of, base = [0.0], admissible(20, 0.0, 0.3), Scenarios.of(returns(1000, 20), 0.95)
    cap = base.tail(np.full(20, 0.05)).cvar + 1e-4

    def spend(progress: Progress) -> None:
        now[0] = 100.0

    found = maximize_return_with_cvar_cap(of, EXPECTED, base, cap, Control(lambda: now[0], 50.0, report=spend))
    exact = maximize_return_with_cvar_cap(of, EXPECTED, base, cap, control())
    assert found.solved.clock_stopped
    assert found.tail.cvar <= cap + 1e-10
    assert EXPECTED.mean() < found.solved.objective < exact.solved.objective < found.solved.bound


def test_without_time_there_is_no_answer() -> None:
    with pytest.raises(OutOfTime):
        maximize_return_with_cvar_cap(
            admissible(20), EXPECTED, Scenarios.of(returns(50, 20), 0.9), 0.1, control(seconds=0.0)
        )


def test_a_solve_that_is_not_wanted_stops() -> None:
    with pytest.raises(Cancelled):
        maximize_return_with_cvar_cap(
            admissible(20), EXPECTED, Scenarios.of(returns(50, 20), 0.9), 0.1, control(cancelled=lambda: True)
        )
