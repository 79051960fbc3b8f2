"""A cap on CVaR row by row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.optimizer.domain.linear import least, lifted
from services.optimizer.domain.solvers.cvar import CvarCuts, maximize_return_with_cvar_cap, minimize_cvar
from tests.optimizer.domain.cvar.worlds import World, with_row, worlds
from tests.optimizer.problems import control

thorough = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@thorough
@given(worlds(), st.floats(0.0, 0.03), st.integers(0, 99))
def test_a_cut_is_broken_by_who_asked_and_kept_by_all_who_keep_the_cap(world: World, cap: float, seed: int) -> None:
    cuts, random = CvarCuts(world.scenarios, cap), np.random.default_rng(seed)
    found = [(weights, cuts.cut(weights)) for weights in random.normal(size=(12, world.admissible.assets))]
    keepers = [weights for weights, cut in found if cut is None]
    for weights, cut in found:
        if cut is None:
            assert world.scenarios.tail(weights).cvar <= cap + 1e-9
            continue
        row, limit = cut
        assert row @ weights == pytest.approx(world.scenarios.tail(weights).cvar, abs=1e-13)
        assert row @ weights > limit
        assert all(row @ keeper <= limit + 1e-9 for keeper in keepers)


@thorough
@given(worlds(), st.floats(1e-4, 0.02))
def test_a_loop_of_cuts_ends_at_the_same_optimum(world: World, room: float) -> None:
    of = world.admissible
    cap = minimize_cvar(of, world.scenarios, control()).solved.objective + room
    cuts = CvarCuts(world.scenarios, cap)
    for _ in range(300):
        found = least(-world.expected_returns, lifted(of), 10.0)
        assert found is not None
        cut = cuts.cut(found[1][: of.assets])
        if cut is None:
            break
        of = with_row(of, cut[0].tolist(), -np.inf, cut[1])
    else:
        pytest.fail("the loop does not end")
    whole = maximize_return_with_cvar_cap(world.admissible, world.expected_returns, world.scenarios, cap, control())
    assert -found[0] == pytest.approx(whole.solved.objective, abs=1e-6)
