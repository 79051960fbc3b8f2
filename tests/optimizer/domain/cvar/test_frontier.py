"""The frontier of return and CVaR."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from services.optimizer.domain.engine import Control, Progress
from services.optimizer.domain.errors import Cancelled, OutOfTime
from services.optimizer.domain.linear import greatest_return
from services.optimizer.domain.solvers.cvar import (
    CvarPoint,
    Scenarios,
    cvar_frontier,
    maximize_return_with_cvar_cap,
    minimize_cvar,
)
from tests.optimizer.domain.cvar import worlds as oracle
from tests.optimizer.domain.cvar.worlds import World, admissible, returns, worlds
from tests.optimizer.problems import control

EXPECTED = np.random.default_rng(5).normal(0.08, 0.06, 12)
BASE = Scenarios.of(returns(400, 12), 0.9)
OF = admissible(12, 0.0, 0.4)


def frontier(points: int, watch: Control | None = None, **more: object) -> tuple[CvarPoint, ...]:
    return cvar_frontier(OF, EXPECTED, BASE, points, watch or control(), **more)  # type: ignore[arg-type]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(worlds())
def test_the_frontier_is_monotone_convex_and_exact(world: World) -> None:
    points = cvar_frontier(world.admissible, world.expected_returns, world.scenarios, 5, control(), gross=world.gross)
    cvar = np.array([point.found.tail.cvar for point in points])
    assert np.diff(cvar).min() >= -1e-12
    assert np.diff(cvar, 2).min() >= -1e-9
    lowest, highest = points[0].expected_return, points[-1].expected_return
    for point, target in zip(points, np.linspace(lowest, highest, 5), strict=True):
        assert point.found.solved.gap <= 1e-9
        assert point.expected_return >= target - 1e-9
        # A hair less, since rounding may put the greatest return out of the oracle's reach.
        price = -point.found.multipliers.rows[-1]
        exact = oracle.least_cvar(world, target - 1e-9)
        assert point.found.tail.cvar == pytest.approx(exact, abs=1e-9 + 2e-9 * price)


def test_the_frontier_goes_from_the_least_cvar_to_the_greatest_return_in_equal_steps() -> None:
    points = frontier(9)
    least = minimize_cvar(OF, BASE, control())
    earned = np.array([point.expected_return for point in points])
    assert points[0].found.tail.cvar == pytest.approx(least.solved.objective, abs=1e-13)
    assert earned[-1] == pytest.approx(greatest_return(EXPECTED, OF, 10.0), abs=1e-10)
    assert np.diff(earned) == pytest.approx((earned[-1] - earned[0]) / 8, abs=1e-9)


def test_a_point_is_the_greatest_return_for_its_cvar() -> None:
    for point in frontier(6)[1:]:
        again = maximize_return_with_cvar_cap(OF, EXPECTED, BASE, point.found.tail.cvar, control())
        assert again.solved.objective == pytest.approx(point.expected_return, abs=1e-8)


def test_a_warm_point_is_as_good_as_a_cold_one() -> None:
    for point in frontier(6)[1:]:
        cold = minimize_cvar(OF.with_return(EXPECTED, point.expected_return), BASE, control())
        assert cold.solved.objective == pytest.approx(point.found.tail.cvar, abs=1e-11)


def test_the_last_multiplier_is_the_price_of_return() -> None:
    points = frontier(40)
    cvar, earned = np.array([[each.found.tail.cvar, each.expected_return] for each in points]).T
    price = np.array([-each.found.multipliers.rows[-1] for each in points])
    slope = np.diff(cvar) / np.diff(earned)
    assert (price[1:] >= slope - 1e-9).all()
    assert (price[1:-1] <= slope[1:] + 1e-9).all()


def test_points_are_told_in_order_as_they_are_found() -> None:
    told: list[tuple[int, CvarPoint]] = []
    points = frontier(5, tell=lambda index, point: told.append((index, point)))
    assert [index for index, _ in told] == list(range(5))
    assert all(one is other for (_, one), other in zip(told, points, strict=True))


def test_a_frontier_of_one_point_is_the_least_cvar() -> None:
    (point,) = frontier(1)
    assert point.found.tail.cvar == pytest.approx(minimize_cvar(OF, BASE, control()).solved.objective, abs=1e-13)


def test_where_all_assets_earn_the_same_all_points_are_the_least_cvar() -> None:
    points = cvar_frontier(OF, np.full(12, 0.05), BASE, 4, control())
    least = minimize_cvar(OF, BASE, control()).solved.objective
    assert [point.found.tail.cvar for point in points] == pytest.approx([least] * 4, abs=1e-9)


def test_a_frontier_that_cannot_be_whole_in_time_is_none() -> None:
    now, told = [0.0], []

    def spend(progress: Progress) -> None:
        now[0] += 1.0

    with pytest.raises(OutOfTime, match="of 30 points"):
        frontier(30, Control(lambda: now[0], 10.0, report=spend), tell=lambda index, point: told.append(point))
    assert 0 < len(told) < 30


def test_a_frontier_that_is_not_wanted_stops() -> None:
    told: list[CvarPoint] = []
    watch = replace(control(), cancelled=lambda: len(told) == 2)
    with pytest.raises(Cancelled):
        frontier(30, watch, tell=lambda index, point: told.append(point))
    assert len(told) == 2
