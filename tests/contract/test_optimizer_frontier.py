"""Frontiers of qpo.optimizer.v1 over a real server and worker processes."""

import asyncio
import itertools

import grpc
import numpy as np
import pytest

from tests.optimizer.problems import moments
from tests.optimizer.served import refusal, sent_along

TIGHT = {"default_bounds": {"min": 0, "max": 0.05}}
EVERY_TWELFTH = dict.fromkeys(moments().symbols, 1 / 12)


@pytest.fixture
def alice(optimizer):
    return optimizer.user()


# ---- SolveFrontier


async def test_a_frontier_rises_in_equal_steps(alice):
    answer = await alice("SolveFrontier", source=sent_along(), points=20, risk_free_rate=0.01)
    returns = [point.expected_return for point in answer.points]
    steps = [b - a for a, b in itertools.pairwise(returns)]
    assert len(returns) == 20
    assert steps == pytest.approx([steps[0]] * 19, abs=1e-8)
    assert list(answer.symbols) == list(moments().symbols)
    assert max(answer.asset_expected_returns) == pytest.approx(returns[-1], abs=1e-8)
    assert answer.points[0].sharpe_ratio == pytest.approx((returns[0] - 0.01) / answer.points[0].volatility)


async def test_a_frontier_has_50_points_unless_it_is_asked_otherwise(alice):
    assert len((await alice("SolveFrontier", source={"universe": {"dataset": "prices"}})).points) == 50


async def test_an_infeasible_frontier_is_refused_as_a_solve_is(alice):
    told = await refusal(alice("SolveFrontier", source=sent_along(), constraints=TIGHT))
    assert (told.code, told.reason) == ("FAILED_PRECONDITION", "INFEASIBLE")


async def test_a_frontier_of_tracking_errors_begins_at_the_benchmark(alice):
    constraints = {"benchmark": EVERY_TWELFTH}
    asked = {"risk_measure": "RISK_MEASURE_TRACKING_ERROR", "constraints": constraints, "points": 10}
    points = (await alice("SolveFrontier", source=sent_along(), **asked)).points
    assert points[0].risk == pytest.approx(0, abs=1e-9)
    assert np.array(list(points[0].weights.values())) == pytest.approx(1 / 12, abs=1e-9)
    assert np.all(np.diff([point.risk for point in points]) > 0)


async def test_a_frontier_of_tracking_errors_needs_a_benchmark(alice):
    told = await refusal(alice("SolveFrontier", source=sent_along(), risk_measure="RISK_MEASURE_TRACKING_ERROR"))
    assert (told.code, told.fields) == ("INVALID_ARGUMENT", ["constraints.benchmark"])


# ---- WatchFrontier


async def test_a_watched_frontier_is_the_solved_one_point_by_point(alice):
    asked = {"source": sent_along(), "points": 15}
    seen = await alice.frontier_watched(**asked)
    whole = await alice("SolveFrontier", **asked)
    assert [each.point for each in seen] == list(whole.points)
    assert [(each.index, each.total) for each in seen] == [(index, 15) for index in range(15)]
    first = seen[0]
    assert list(first.symbols) == list(whole.symbols)
    assert list(first.asset_expected_returns) == list(whole.asset_expected_returns)
    assert list(first.asset_volatilities) == list(whole.asset_volatilities)
    assert not any(each.symbols for each in seen[1:])


async def test_an_infeasible_watched_frontier_is_refused_as_a_solve_is(alice):
    told = await refusal(alice.frontier_watched(source=sent_along(), constraints=TIGHT))
    assert (told.code, told.reason) == ("FAILED_PRECONDITION", "INFEASIBLE")


async def test_a_frontier_that_nobody_watches_any_more_gives_its_worker_back(optimizer):
    alice = optimizer.user()
    watch = asyncio.ensure_future(alice.frontier_watched(source=sent_along(moments(500, 30, dense=True)), points=500))
    await asyncio.sleep(0.5)
    watch.cancel()
    with pytest.raises((asyncio.CancelledError, grpc.aio.AioRpcError)):
        await watch
    found = await asyncio.wait_for(asyncio.gather(*(alice("Solve", source=sent_along()) for _ in range(4))), 20)
    assert all(each.result.weights for each in found)
