"""The pieces that the solves are made of: bounds for any multipliers, the live program, the way back to a cap."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.optimizer.domain.engine import Control
from services.optimizer.domain.solvers.cvar import Scenarios, maximize_return_with_cvar_cap, minimize_cvar
from services.optimizer.domain.solvers.cvar.goals import GreatestReturn, LeastCvar, distribution
from services.optimizer.domain.solvers.cvar.live_program import LiveProgram, Vertex
from services.optimizer.domain.solvers.cvar.region import Region
from services.optimizer.domain.solvers.cvar.retreat import Refuge
from services.optimizer.domain.solvers.cvar.rounds import Rounds
from tests.optimizer.domain.cvar.worlds import World, admissible, returns, worlds
from tests.optimizer.problems import control

thorough = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@thorough
@given(worlds(), st.integers(0, 10_000))
def test_a_bound_holds_for_any_multipliers(world: World, seed: int) -> None:
    random, region, scenarios = np.random.default_rng(seed), Region.of(world.admissible, world.gross), world.scenarios
    rough = Vertex(
        weights=world.equal,
        alpha=0.0,
        region_duals=random.normal(size=region.matrix.shape[0]),
        cap_price=float(random.exponential()),
        scenario_duals=random.exponential(size=scenarios.shares.size) ** 3 * (random.uniform(size=1) > 0.1),
    )
    least = minimize_cvar(world.admissible, scenarios, control(), gross=world.gross)
    assert LeastCvar().certificate(rough, region, scenarios).bound <= least.solved.objective + 1e-12
    cap = least.solved.objective + float(random.uniform(1e-4, 0.01))
    greatest = maximize_return_with_cvar_cap(
        world.admissible, world.expected_returns, scenarios, cap, control(), gross=world.gross
    )
    goal = GreatestReturn(world.expected_returns, cap)
    assert goal.certificate(rough, region, scenarios).bound >= greatest.solved.objective - 1e-12


@thorough
@given(worlds(), st.integers(0, 10_000))
def test_rough_duals_become_a_distribution_of_the_tail(world: World, seed: int) -> None:
    shares = world.scenarios.shares
    q = distribution(np.random.default_rng(seed).exponential(size=shares.size) ** 3, shares)
    assert q.sum() == pytest.approx(1.0, abs=1e-13)
    assert q.min() >= 0
    assert (q - shares).max() <= 1e-13


def test_a_live_program_may_be_aimed_anew() -> None:
    of, base, mu = admissible(20, 0.0, 0.3), Scenarios.of(returns(500, 20), 0.95), np.linspace(-0.1, 0.2, 20)
    least = minimize_cvar(of, base, control()).solved.objective
    greatest = maximize_return_with_cvar_cap(of, mu, base, 1.2 * least, control()).solved.objective
    program = LiveProgram(Region.of(of, None), base)
    for _ in range(2):
        one = Rounds(program, LeastCvar(), control(), 1e-9).solve()
        assert one.solved.objective == pytest.approx(least, abs=1e-14)
        other = Rounds(program, GreatestReturn(mu, 1.2 * least), control(), 1e-9).solve()
        assert other.solved.objective == pytest.approx(greatest, abs=1e-12)


def test_the_time_that_earlier_runs_took_does_not_count() -> None:
    base = Scenarios.of(returns(1000, 60), 0.9)
    program = LiveProgram(Region.of(admissible(60, -0.1, 0.1), None), base)
    LeastCvar().state(program)
    program.enter(np.arange(5, 1000))
    began = time.monotonic()
    program.run(control())
    took = time.monotonic() - began
    # Five scenarios more take next to no time; HiGHS's own clock stands at about `took` already.
    program.enter(np.arange(5))
    vertex = program.run(Control(lambda: 0.0, took / 2))
    assert base.tail(vertex.weights).cvar == pytest.approx(
        minimize_cvar(program.region.admissible, base, control()).solved.objective, abs=1e-13
    )


@thorough
@given(worlds(), st.floats(1e-4, 0.05), st.integers(0, 99))
def test_the_way_back_ends_where_the_cap_is_reached(world: World, room: float, seed: int) -> None:
    scenarios, far = world.scenarios, np.random.default_rng(seed).normal(size=world.admissible.assets)
    home = Refuge(world.equal, scenarios.losses(world.equal))
    cap = scenarios.tail(world.equal).cvar + room
    if scenarios.tail(far).cvar <= cap:
        return
    found = home.nearest(far, scenarios.losses(far), scenarios, cap)
    assert found is not None
    weights, tail = found
    assert tail.cvar == pytest.approx(cap, abs=1e-12)
    assert scenarios.tail(weights).cvar == pytest.approx(tail.cvar, abs=1e-12)
    share = (weights - world.equal) @ (far - world.equal) / ((far - world.equal) @ (far - world.equal))
    assert 0 <= share <= 1
