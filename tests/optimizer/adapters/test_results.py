"""Kept results on L1 and a real Redis: whose they are, what they rest on, and what becomes of them in other hands."""

from __future__ import annotations

from dataclasses import replace

import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis

from chassis.cache import Entry, Layers, Stamp
from chassis.cache.entry import encode, form_of
from chassis.cache.memory import Memory
from chassis.cache.shared import Shared
from services.optimizer.adapters.results_cached import CachedResults
from services.optimizer.app.ports import Whose
from services.optimizer.app.remembered import remembered
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.records import replayable, to_bytes
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from tests.optimizer.problems import control, problem

FORM = form_of(b"1.0")
ALICE = Whose("alice", "tenant", "")
PROBLEM = problem()
DATA = to_bytes(PROBLEM)


@pytest.fixture(scope="module")
def optimum():
    return ChoosingEngine().solve(PROBLEM, control())


@pytest_asyncio.fixture
async def redis(redis_url):
    async with Redis.from_url(redis_url) as client:
        yield client
        await client.flushdb()


@pytest_asyncio.fixture
async def replica(redis_url):
    """Makes results of a replica by the engine's name; all share one Redis."""
    shares = []

    def make(engine="clarabel 1"):
        shares.append(Shared.at(redis_url, form=FORM, seconds=3600))
        return CachedResults(Layers("optimization", Memory(), shares[-1], CollectorRegistry()), engine)

    async def settled():
        await shares[-1].settled()

    make.settled = settled
    yield make
    for shared in shares:
        await shared.close()


class Engine:
    """Finds what it is given, and counts."""

    def __init__(self, found):
        self.found, self.solves = found, 0

    async def __call__(self):
        self.solves += 1
        return self.found


async def test_an_equal_problem_is_not_solved_again_in_this_replica_or_in_another(replica, optimum, redis):
    engine, first = Engine(optimum), replica()
    found = [await remembered(first, ALICE, DATA, engine), await remembered(first, ALICE, DATA, engine)]
    await replica.settled()
    found.append(await remembered(replica(), ALICE, DATA, engine))
    assert engine.solves == 1
    assert {replayable(each) for each in found} == {replayable(optimum)}
    (key,) = await redis.keys("opt:*")
    assert key.startswith(b"opt:-:")
    assert 3_590 < await redis.ttl(key) <= 3_600


@pytest.mark.parametrize(
    "other",
    [Whose("bob", "tenant"), Whose("alice", "other"), Whose("alice", "tenant", "0198"), Whose("alic", "etenant")],
)
async def test_nobody_is_answered_from_the_result_of_another_or_of_another_portfolio(replica, optimum, redis, other):
    results = replica()
    await results.keep(ALICE, DATA, optimum)
    assert await results.find(other, DATA) is None
    assert await results.find(ALICE, DATA) is not None


@pytest.mark.parametrize(
    "other",
    [
        problem(Goal(Objective.RISK)),
        problem(Goal(risk_free_rate=1e-12)),
        replace(PROBLEM, current={PROBLEM.symbols[0]: 0.1}),
        replace(PROBLEM, leaving=0.1),
        replace(PROBLEM, stop=replace(PROBLEM.stop, gap_target=1e-6)),
        replace(PROBLEM, moments=replace(PROBLEM.moments, expected_returns=PROBLEM.moments.expected_returns + 1e-15)),
    ],
    ids=["goal", "rate", "weights", "leaving", "stop", "moments"],
)
async def test_whatever_the_result_rests_on_is_in_its_key(replica, optimum, redis, other):
    results = replica()
    await results.keep(ALICE, DATA, optimum)
    assert await results.find(ALICE, to_bytes(other)) is None


async def test_another_engine_solves_for_itself(replica, optimum, redis):
    await replica("clarabel 1").keep(ALICE, DATA, optimum)
    await replica.settled()
    assert await replica("clarabel 2").find(ALICE, DATA) is None


async def test_what_the_clock_stopped_is_solved_again(replica, optimum, redis):
    engine = Engine(replace(optimum, solved=replace(optimum.solved, clock_stopped=True)))
    results = replica()
    for _ in range(2):
        await remembered(results, ALICE, DATA, engine)
    assert engine.solves == 2
    assert await redis.keys("opt:*") == []


@pytest.mark.parametrize("body", [b"", b"not canonical", to_bytes(Goal())])
async def test_what_is_no_optimum_is_solved_again(replica, optimum, redis, body):
    results = replica()
    await results.keep(ALICE, DATA, optimum)
    await replica.settled()
    (key,) = await redis.keys("opt:*")
    await redis.set(key, encode(FORM, key.decode(), Entry(Stamp(0, "tenant", "alice"), body)))
    assert await replica().find(ALICE, DATA) is None


async def test_the_entry_of_another_under_ones_own_key_is_not_ones_own(replica, optimum, redis):
    results = replica()
    await results.keep(ALICE, DATA, optimum)
    await replica.settled()
    (key,) = await redis.keys("opt:*")
    await redis.set(key, encode(FORM, key.decode(), Entry(Stamp(0, "tenant", "bob"), to_bytes(optimum))))
    assert await replica().find(ALICE, DATA) is None
