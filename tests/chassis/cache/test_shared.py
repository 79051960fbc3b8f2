"""L2 on a real Redis."""

import asyncio
import uuid

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from chassis.cache import Entry, Stamp
from chassis.cache.breaker import Breaker
from chassis.cache.entry import form_of
from chassis.cache.shared import Shared

FORM = form_of(b"contract")
ONE = Entry(Stamp(1, "tenant", "user"), b"body")


@pytest.fixture
def key():
    return f"thing:{uuid.uuid4()}"


@pytest_asyncio.fixture
async def redis(redis_url):
    async with Redis.from_url(redis_url) as client:
        yield client


@pytest_asyncio.fixture
async def shared(redis_url):
    shared = Shared.at(redis_url, form=FORM, seconds=300)
    yield shared
    await shared.close()


async def test_what_one_replica_put_another_finds(shared, redis_url, key):
    other = Shared.at(redis_url, form=FORM, seconds=300)
    shared.put(key, ONE)
    await shared.settled()
    assert await other.get(key) == ONE
    await other.close()


async def test_an_entry_lives_as_long_as_it_may(shared, redis, key):
    shared.put(key, ONE)
    await shared.settled()
    assert 299_000 < await redis.pttl(key) <= 300_000


async def test_what_was_dropped_is_gone_whatever_the_order_of_asking(shared, redis, key):
    shared.put(key, ONE)
    shared.drop(key)
    await shared.settled()
    assert await redis.get(key) is None


async def test_what_cannot_be_read_as_an_entry_is_a_miss(shared, redis, key):
    await redis.set(key, b"not ours")
    assert await shared.get(key) is None
    await redis.delete(key)
    await redis.rpush(key, b"not even a string")
    assert await shared.get(key) is None
    assert not shared.is_gone


class Counting:
    """A Redis that counts round trips."""

    def __init__(self, redis):
        self._redis, self.trips = redis, []

    async def mget(self, keys):
        self.trips.append(("mget", len(keys)))
        return await self._redis.mget(keys)

    def pipeline(self, **options):
        self.trips.append(("pipeline", options))
        return self._redis.pipeline(**options)


async def test_reads_of_one_moment_are_one_round_trip_and_so_are_writes(redis, key):
    counting = Counting(redis)
    shared = Shared(counting, form=FORM, seconds=300)
    for i in range(20):
        shared.put(f"{key}:{i}", ONE)
    await shared.settled()
    assert await asyncio.gather(*(shared.get(f"{key}:{i}") for i in range(20))) == [ONE] * 20
    assert counting.trips == [("pipeline", {"transaction": False}), ("mget", 20)]


class Dead:
    """A Redis that is gone, or does not answer, and counts who asks it."""

    def __init__(self, *, silent=False):
        self.asked, self._silent = 0, silent

    async def mget(self, keys):
        self.asked += 1
        if self._silent:
            await asyncio.Event().wait()
        raise ConnectionError("gone")


async def test_after_a_failure_nobody_asks_for_a_while_and_then_one_does():
    class Clock:
        time = 0.0

        def __call__(self):
            return self.time

    clock, dead = Clock(), Dead()
    shared = Shared(dead, form=FORM, seconds=300, breaker=Breaker(1.0, clock))
    assert [await shared.get("a") for _ in range(100)] == [None] * 100
    assert (dead.asked, shared.is_gone) == (1, True)
    shared.put("a", ONE)
    clock.time = 1.0
    assert await asyncio.gather(*(shared.get(f"{i}") for i in range(100))) == [None] * 100
    assert dead.asked == 2


async def test_a_redis_that_does_not_answer_is_given_up_soon():
    shared = Shared(Dead(silent=True), form=FORM, seconds=300)
    async with asyncio.timeout(2):
        assert await asyncio.gather(*(shared.get(f"{i}") for i in range(10))) == [None] * 10
    assert shared.is_gone


async def test_a_url_where_nobody_listens_is_a_miss_on_every_way(tmp_path):
    shared = Shared.at(f"unix://{tmp_path}/none.sock", form=FORM, seconds=300)
    shared.put("a", ONE)
    await shared.settled()
    assert await shared.get("a") is None
    await shared.close()
