"""Subscriptions over a bus in memory and a time that the test lets pass."""

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import date

import pytest

from services.marketdata.app.hub import Hubs, Look
from services.marketdata.app.subscribe_ticks import SubscribeTicks
from services.marketdata.domain.errors import DatasetNotFound, FeedUnavailable, InstrumentNotFound, TooMany
from services.marketdata.domain.ticks import Position, Quote
from tests.marketdata.builders import OWNER, STRANGER, dataset
from tests.marketdata.fakes import MemoryBus, MemoryDatasets, VirtualTimer, settled

PRICES = dataset()
IDLE, AGE, GRACE = 15.0, 900.0, 10.0


class World:
    """A process of marketdata that people subscribe to."""

    def __init__(self, bus=None, limit=3, keep=100):
        self.bus, self.timer = bus or MemoryBus(), VirtualTimer()
        self.hubs = Hubs(self.bus, self.timer, keep, IDLE, GRACE)
        self.subscribe = SubscribeTicks(MemoryDatasets(PRICES), self.hubs, self.timer, limit)

    async def publish(self, *prices, count=1):
        for _ in range(count):
            await self.bus.publish(PRICES.id, [(date(2024, 1, 2), [Quote(symbol, 1.0) for symbol in prices])])
        await settled()

    @asynccontextmanager
    async def reading(self, symbols=(), position=None, caller=OWNER, max_age=AGE, rate=0.0):
        """A subscriber that reads as fast as it can, into a list; the list ends with what ended the stream."""
        seen = []

        async def read():
            try:
                async for shared in self.subscribe.frames(caller, PRICES, look(symbols, rate), position, max_age):
                    seen.append(shared.frame)
                seen.append("end")
            except (FeedUnavailable, TooMany) as error:
                seen.append(error)

        task = asyncio.create_task(read())
        await settled()
        try:
            yield seen
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def look(symbols=(), rate=0.0):
    return Look(frozenset(symbols), rate, frozenset())


def told(frames):
    return [({t.symbol: t.seq for t in frame.ticks}, frame.conflated, frame.snapshot) for frame in frames]


async def test_a_snapshot_comes_first_then_every_delta():
    world = World()
    await world.publish("A", "B")
    async with world.reading() as seen:
        await world.publish("A")
        await world.publish("B")
    assert told(seen) == [({"A": 1, "B": 1}, 0, True), ({"A": 2}, 0, False), ({"B": 2}, 0, False)]


async def test_a_process_has_one_reader_per_dataset_and_none_without_subscribers():
    world = World()
    async with world.reading() as first:
        async with world.reading() as second:
            assert world.bus.followers == 1
            await world.publish("A")
        assert world.bus.followers == 1
    assert world.bus.followers == 0
    assert world.hubs.open == {}
    assert told(first) == told(second)


async def test_a_subscriber_that_does_not_read_is_given_the_newest_when_it_does():
    world = World(keep=4)
    frames = world.subscribe.frames(OWNER, PRICES, look(["A"]), None, AGE)
    await anext(frames)
    await world.publish("A", "B", count=50)
    frame = await anext(frames)
    await frames.aclose()
    assert told([frame.frame]) == [({"A": 50}, 49, False)]


async def test_without_ticks_an_idle_message_carries_the_cursor():
    world = World()
    async with world.reading(["A"]) as seen:
        await world.publish("B")
        await world.timer.pass_(IDLE - 0.1)
        assert len(seen) == 1
        await world.timer.pass_(IDLE + 0.1)
    assert told(seen[1:]) == [({}, 0, False), ({}, 0, False)]
    assert seen[1].position.version == 1


async def test_an_idle_message_comes_although_others_are_ticking():
    world = World()
    await world.publish("A", "B")
    async with world.reading(["A"]) as seen:
        for _ in range(7):
            await world.timer.pass_(IDLE / 3)
            await world.publish("B")
    assert told(seen[1:]) == [({}, 0, False), ({}, 0, False)]


async def test_who_waits_for_ticks_sets_no_timer_of_their_own():
    world = World()
    async with world.reading():
        alone = len(world.timer.waiting)
        async with world.reading(), world.reading():
            assert len(world.timer.waiting) == alone


async def test_at_the_maximum_age_the_stream_ends_cleanly():
    world = World()
    async with world.reading(max_age=20.0) as seen:
        await world.timer.pass_(19.9)
        assert seen[-1] != "end"
        await world.timer.pass_(0.1)
    assert seen[-1] == "end"


async def test_a_cursor_goes_on_behind_what_was_received_without_loss():
    world = World()
    async with world.reading() as before:
        for _ in range(3):
            await world.publish("A")
    await world.publish("A", count=4)
    async with world.reading(position=before[-1].position) as after:
        await world.publish("A")
    assert [seq for ticks, _, _ in told(before + after) for seq in ticks.values()] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert not any(snapshot for _, _, snapshot in told(after))


async def test_who_comes_back_and_missed_nothing_is_told_so_at_once():
    world = World()
    async with world.reading() as before:
        await world.publish("A")
    async with world.reading(position=before[-1].position) as seen:
        await world.timer.pass_(IDLE - 0.1)
    assert told(seen) == [({}, 0, False)]
    assert seen[0].position == before[-1].position


async def test_a_cursor_of_another_process_that_is_ahead_of_this_one_loses_nothing():
    bus = MemoryBus()
    here = World(bus)
    async with here.reading():
        hub = here.hubs.open[PRICES.id]
        behind = hub.board.position
        await bus.publish(PRICES.id, [(date(2024, 1, 2), [Quote("A", 1.0)])])
        assert hub.board.position == behind
        frames = here.subscribe.frames(OWNER, PRICES, look([]), Position(behind.epoch, 1), AGE)
        assert told([(await anext(frames)).frame]) == [({}, 0, False)]
        await here.publish("A")
        assert told([(await anext(frames)).frame]) == [({"A": 2}, 0, False)]
        await frames.aclose()


async def test_a_cursor_that_is_no_longer_kept_begins_with_a_snapshot():
    world = World(bus=MemoryBus(keep=3), keep=3)
    await world.publish("A", count=10)
    epoch = (await world.bus.load(PRICES.id)).position.epoch
    async with world.reading(position=Position(epoch, 2)) as seen:
        pass
    assert told(seen) == [({"A": 10}, 0, True)]


async def test_batches_that_were_trimmed_before_they_were_read_are_counted():
    world = World(bus=MemoryBus(keep=3))
    async with world.reading() as seen:
        for _ in range(10):
            await world.bus.publish(PRICES.id, [(date(2024, 1, 2), [Quote("A", 1.0)])])
        await settled()
    assert told(seen) == [({}, 0, True), ({"A": 10}, 9, False)]


async def test_when_the_bus_lost_its_state_subscribers_get_a_snapshot():
    world = World()
    async with world.reading() as seen:
        await world.publish("A", count=2)
        world.bus.forget()
        await settled()
        await world.publish("A")
    assert told(seen)[-2:] == [({}, 0, True), ({"A": 1}, 0, False)]


async def test_a_short_absence_of_the_bus_is_not_noticed():
    world = World()
    async with world.reading() as seen:
        await world.publish("A")
        world.bus.fail()
        await world.timer.pass_(GRACE - 1)
        world.bus.gone = False
        await world.timer.pass_(1)
        await world.publish("A")
    assert told(seen) == [({}, 0, True), ({"A": 1}, 0, False), ({"A": 2}, 0, False)]


async def test_a_long_absence_of_the_bus_ends_the_stream_and_refuses_new_ones_until_it_is_back():
    world = World()
    async with world.reading() as seen:
        world.bus.fail()
        await world.timer.pass_(GRACE + 1)
    assert isinstance(seen[-1], FeedUnavailable)
    async with world.reading() as refused:
        assert isinstance(refused[0], FeedUnavailable)
    world.bus.gone = False
    async with world.reading() as back:
        assert told(back) == [({}, 0, True)]


async def test_a_user_has_as_many_subscriptions_as_are_allowed_and_others_are_not_concerned():
    world = World(limit=1)
    async with world.reading():
        async with world.reading() as refused:
            assert isinstance(refused[0], TooMany)
        async with world.reading(caller=STRANGER) as other:
            assert told(other) == [({}, 0, True)]
    async with world.reading() as again:
        assert told(again) == [({}, 0, True)]
    assert not world.subscribe.counts


async def test_only_a_visible_dataset_and_symbols_that_it_has_can_be_subscribed_to():
    world = World()
    assert await world.subscribe.open(OWNER, "prices", ["A"]) == PRICES
    with pytest.raises(DatasetNotFound):
        await world.subscribe.open(STRANGER, PRICES.id, [])
    with pytest.raises(InstrumentNotFound):
        await world.subscribe.open(OWNER, "prices", ["Z"])


async def test_a_subscriber_is_not_left_waiting_if_the_reader_breaks():
    class Broken(MemoryBus):
        def follow(self, dataset_id):
            raise RuntimeError("a bug")

    world = World(bus=Broken())
    async with world.reading() as seen:
        await settled()
    assert isinstance(seen[-1], FeedUnavailable)


async def test_a_rate_lets_no_more_frames_through_and_loses_no_tick():
    world = World()
    async with world.reading(rate=5.0) as seen:
        for _ in range(20):
            await world.publish("A")
            await world.timer.pass_(0.05)
        await world.timer.pass_(0.2)
    frames = told(seen)
    assert 5 <= len(frames) - 1 <= 6
    assert sum(len(ticks) + conflated for ticks, conflated, _ in frames) == 20


async def test_who_sees_the_same_shares_a_view_and_its_frames_and_who_does_not_has_another():
    world = World(limit=10)
    async with world.reading(["A"]), world.reading(["A"]), world.reading(["B"]), world.reading(["A"], rate=1.0):
        assert len(world.hubs.open[PRICES.id].windows) == 3
        task = next(iter(world.hubs.open[PRICES.id].windows.values())).task
    assert task.done()
