"""One test body for both buses: Redis, which replicas share, and the stand-in that the use cases are tried with."""

import asyncio
import shutil
import tempfile
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from services.marketdata.adapters.ticks_redis import RedisTicks, open_redis
from services.marketdata.app.ports import PositionLost
from services.marketdata.domain.board import Board
from services.marketdata.domain.errors import FeedUnavailable
from services.marketdata.domain.ticks import Position, Quote, StoredTick
from stack.process import running
from stack.redis import Redis
from tests.marketdata.fakes import MemoryBus

KEEP = 50
SESSION = date(2024, 6, 27).toordinal()  # not the day of the ticks in UTC


@pytest.fixture(params=["redis", "memory"])
def any_bus(request):
    return request.getfixturevalue("bus") if request.param == "redis" else MemoryBus(keep=KEEP)


@pytest.fixture
def feed():
    """A dataset that no other test plays."""
    return Uuid7Ids().new()


def session(number, *prices):
    quotes = [Quote(symbol, price) for symbol, price in zip("ABC", prices, strict=False)]
    return date.fromordinal(738_000 + number), quotes


async def test_a_dataset_that_was_never_played_has_an_epoch_and_nothing_else(any_bus, feed):
    state = await any_bus.load(feed)
    assert (state.position.version, state.newest, state.kept) == (0, {}, [])
    assert state.position.epoch == (await any_bus.load(feed)).position.epoch != ""


def stored(symbol, seq, price=None):
    return StoredTick(symbol, seq, 1_719_604_800_000_000_000 + seq, float(price or seq), SESSION)


async def shown(any_bus, feed):
    """Every kept tick in order, and that a symbol's numbers rise."""
    state = await any_bus.load(feed)
    ticks = [tick for batch in state.kept for tick in batch.ticks]
    assert all(len({tick.symbol for tick in batch.ticks}) == len(batch.ticks) for batch in state.kept)
    return [(tick.symbol, tick.seq, tick.price) for tick in ticks]


async def test_stored_ticks_are_shown_in_their_order_and_each_once(any_bus, feed):
    first = [stored("A", 1), stored("B", 1), stored("A", 2)]
    await any_bus.show(feed, first)
    await any_bus.show(feed, [*first, stored("A", 3)])
    newest = (await any_bus.load(feed)).newest["A"].tick
    assert (newest.session, newest.occurred_at) == (date(2024, 6, 27), datetime(2024, 6, 28, 20, tzinfo=UTC))
    found = await shown(any_bus, feed)
    assert [row for row in found if row[0] == "A"] == [("A", 1, 1.0), ("A", 2, 2.0), ("A", 3, 3.0)]
    assert [row for row in found if row[0] == "B"] == [("B", 1, 1.0)]


async def test_stored_ticks_that_could_not_be_shown_are_counted_by_the_numbers(any_bus, feed):
    await any_bus.show(feed, [stored("A", 1)])
    await any_bus.show(feed, [stored("A", 5), stored("A", 6)])
    assert await shown(any_bus, feed) == [("A", 1, 1.0), ("A", 5, 5.0), ("A", 6, 6.0)]
    kept = (await any_bus.load(feed)).kept
    assert [tick.unshown for batch in kept for tick in batch.ticks] == [0, 3, 0]


async def test_a_replay_and_stored_ticks_of_one_dataset_are_numbered_together(any_bus, feed):
    await any_bus.publish(feed, [session(1, 10.0), session(2, 11.0)])
    await any_bus.show(feed, [stored("A", 1, 12.0), stored("A", 2, 13.0)])
    await any_bus.publish(feed, [session(3, 14.0)])
    await any_bus.show(feed, [stored("A", 2, 13.0), stored("A", 3, 15.0)])
    assert await shown(any_bus, feed) == [
        ("A", 1, 10.0),
        ("A", 2, 11.0),
        ("A", 3, 12.0),
        ("A", 4, 13.0),
        ("A", 5, 14.0),
        ("A", 6, 15.0),
    ]


async def test_published_sessions_are_numbered_per_dataset_and_per_symbol(any_bus, feed):
    await any_bus.publish(feed, [session(1, 10.0, 20.0), session(2, 11.0)])
    await any_bus.publish(feed, [session(3, 0.1 + 0.2, 22.0)])
    state = await any_bus.load(feed)
    assert state.position.version == 3
    assert [batch.version for batch in state.kept] == [1, 2, 3]
    assert [[(t.symbol, t.seq, t.price) for t in batch.ticks] for batch in state.kept] == [
        [("A", 1, 10.0), ("B", 1, 20.0)],
        [("A", 2, 11.0)],
        [("A", 3, 0.1 + 0.2), ("B", 2, 22.0)],
    ]
    assert {s: (n.version, n.tick.seq) for s, n in state.newest.items()} == {"A": (3, 3), "B": (3, 2)}
    assert state.kept[0].ticks[0].session == date.fromordinal(738_001)


async def test_publishers_at_the_same_time_never_give_a_number_twice(any_bus, feed):
    await asyncio.gather(*(any_bus.publish(feed, [session(n, 1.0, 2.0)]) for n in range(20)))
    state = await any_bus.load(feed)
    assert [batch.version for batch in state.kept] == list(range(1, 21))
    assert [batch.ticks[0].seq for batch in state.kept] == list(range(1, 21))


async def test_only_the_last_batches_are_kept_without_a_gap(any_bus, feed):
    await any_bus.publish(feed, [session(n, 1.0) for n in range(KEEP + 30)])
    state = await any_bus.load(feed)
    assert [batch.version for batch in state.kept] == list(range(31, KEEP + 31))
    board = Board(KEEP)
    board.reset(state)
    assert board.keeps(Position(state.position.epoch, 30))


async def test_a_follower_is_given_what_is_behind_its_position(any_bus, feed):
    start = (await any_bus.load(feed)).position
    async with any_bus.follow(feed) as follower:
        waiting = asyncio.ensure_future(follower.behind(start))
        await asyncio.sleep(0)
        await any_bus.publish(feed, [session(1, 1.0)])
        async with asyncio.timeout(10):
            assert [batch.version for batch in await waiting] == [1]
        await any_bus.publish(feed, [session(2, 1.0), session(3, 1.0)])
        assert [batch.version for batch in await follower.behind(Position(start.epoch, 1))] == [2, 3]


async def test_a_follower_is_told_that_the_bus_counts_anew(any_bus, feed):
    async with any_bus.follow(feed) as follower:
        with pytest.raises(PositionLost):
            async with asyncio.timeout(10):
                await follower.behind(Position("an epoch that never was", 7))


async def test_a_follower_is_told_that_redis_came_back_without_what_it_had_told(bus, redis, feed):
    """As one may that is not this stack's own, and was killed before its file was on disk."""
    await bus.publish(feed, [session(1, 1.0), session(2, 1.0)])
    position = (await bus.load(feed)).position
    await redis.hset(f"marketdata:{{{feed}}}:head", "version", 1)
    await redis.xdel(f"marketdata:{{{feed}}}:batches", "2-0")
    async with bus.follow(feed) as follower:
        with pytest.raises(PositionLost):
            async with asyncio.timeout(10):
                await follower.behind(position)


async def test_times_are_kept_to_the_microsecond(bus, feed):
    before = SystemClock().now()
    await bus.publish(feed, [session(1, 1.0)])
    tick = (await bus.load(feed)).newest["A"].tick
    assert before <= tick.occurred_at <= SystemClock().now()


async def test_if_redis_forgets_a_dataset_numbers_begin_anew_in_another_epoch(bus, redis, feed):
    await bus.publish(feed, [session(1, 1.0), session(2, 1.0)])
    epoch = (await bus.load(feed)).position.epoch
    await redis.delete(f"marketdata:{{{feed}}}:head")
    await bus.publish(feed, [session(3, 1.0)])
    state = await bus.load(feed)
    assert state.position.epoch != epoch
    assert (state.position.version, state.newest["A"].tick.seq, len(state.kept)) == (1, 1, 1)


@pytest_asyncio.fixture
async def fragile():
    """A bus on a Redis of its own that the test may stop and start: (bus, stop, start)."""
    folder = Path(tempfile.mkdtemp(prefix="qpo-redis-"))
    server, life = Redis(folder / "data", folder / "socket"), ExitStack()

    def start():
        life.enter_context(running(server, folder / "log"))

    start()
    try:
        async with open_redis(server.url) as client:
            yield RedisTicks(client, SystemClock(), Uuid7Ids(), KEEP), life.close, start
    finally:
        life.close()
        shutil.rmtree(folder)


async def test_without_redis_every_method_says_that_the_feed_is_unavailable_and_works_again_after(fragile, feed):
    bus, stop, start = fragile
    await bus.publish(feed, [session(1, 1.0)])
    position = (await bus.load(feed)).position
    await asyncio.to_thread(stop)

    async def follow():
        async with bus.follow(feed) as follower:
            await follower.behind(position)

    for refused in (bus.check(), bus.load(feed), bus.publish(feed, [session(2, 1.0)]), follow()):
        with pytest.raises(FeedUnavailable):
            await refused
    await asyncio.to_thread(start)
    await bus.check()
    assert (await bus.load(feed)).position == position
