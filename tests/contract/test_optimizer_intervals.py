"""Intervals of qpo.optimizer.v1 from resampled returns, over a real server and a stand-in of ml."""

import pytest

from tests.optimizer.served import INLINE, refusal, sent_along
from tests.optimizer.standins import MlStandIn, packed

UNIVERSE = {"universe": {"dataset": "prices"}}


@pytest.fixture
def alice(optimizer):
    return optimizer.user()


async def test_without_draws_intervals_come_from_the_moments(alice, optimizer_peers):
    found = (await alice("Solve", source=UNIVERSE)).result
    assert found.interval_method == "lo_2002"
    assert found.return_interval.lower < found.expected_return < found.return_interval.upper
    assert not optimizer_peers.ml.requests[0].with_scenarios


async def test_draws_come_from_the_returns_that_ml_sends_along(alice, optimizer_peers):
    found = (await alice("Solve", source=UNIVERSE, bootstrap_draws=200, seed=4)).result
    assert optimizer_peers.ml.requests[0].with_scenarios
    assert found.interval_method.startswith("stationary_bootstrap: mean block ")
    assert found.interval_method.endswith(" sessions, 200 draws")
    assert found.return_interval.lower < found.return_interval.upper
    assert found.run.seed == 4


async def test_a_job_s_draws_are_replayed_and_equal_seeds_draw_alike(alice):
    drawn = INLINE | {"bootstrap_draws": 200, "wait_ms": 10_000}
    one, same = await alice("Optimize", **drawn, seed=4), await alice("Optimize", **drawn, seed=4)
    other = await alice("Optimize", **drawn, seed=5)
    assert one.result.confidence_interval == same.result.confidence_interval
    assert one.result.confidence_interval != other.result.confidence_interval
    assert one.result.weights == other.result.weights
    assert (await alice("ReplayRun", job_id=one.job_id)).identical


async def test_returns_that_come_along_are_drawn_from_without_asking_anybody(alice, optimizer_peers):
    ask = {"source": sent_along(observations=0), "scenarios": packed(MlStandIn.scenarios(12)), "bootstrap_draws": 100}
    told = await alice("Explain", **ask)
    assert told.result.interval_method.endswith("100 draws")
    assert told.result.HasField("confidence_interval")
    assert not optimizer_peers.ml.requests


async def test_more_draws_than_are_allowed_are_refused_by_field(alice):
    for method in ("Solve", "Explain"):
        told = await refusal(alice(method, source=UNIVERSE, bootstrap_draws=10_001, seed=-1))
        assert (told.code, told.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
        assert {"bootstrap_draws", "seed"} <= set(told.fields)
