"""Subscriptions to bars over a store in memory and a time that the test lets pass."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest

from services.marketdata.app import subscribe_changes
from services.marketdata.app.subscribe_changes import LOOK, SubscribeChanges
from services.marketdata.domain.errors import DatasetNotFound, InstrumentNotFound, TooMany
from services.marketdata.domain.feed.bars import TickBar
from tests.marketdata.builders import NOW, OWNER, STRANGER, dataset
from tests.marketdata.fakes import MemoryDatasets, VirtualTimer, settled

PRICES = dataset()
IDLE, AGE, MINUTE = 15.0, 900.0, 60


class MemoryBars:
    """Bars by the transaction that committed them; `under_way` holds the horizon back; `asked` counts the reads."""

    def __init__(self):
        self.rows, self.next, self.under_way, self.asked, self.gone = [], 100, None, 0, False

    def commit(self, *bars, transaction=None):
        number = self.next if transaction is None else transaction
        self.next = max(self.next, number) + 1
        self.rows += [(number, bar) for bar in bars]

    async def horizon(self):
        if self.gone:
            raise ConnectionError
        return self.next if self.under_way is None else self.under_way

    async def newest(self, dataset, width, before):
        return list({bar.symbol: bar for number, bar in self.rows if number < before}.values())

    async def changed(self, dataset, width, since, before, at_once=3):
        self.asked += 1
        found = sorted((row for row in self.rows if since <= row[0] < before), key=lambda row: row[0])
        if len(found) > at_once:
            before = max(found[at_once][0], found[0][0] + 1)
        return [bar for number, bar in found if number < before], before


def bar(symbol, start, close=1.0):
    return TickBar(symbol, start, 1.0, 1.0, 1.0, close, 0.0, 1, NOW)


class World:
    def __init__(self, bars=None, limit=5):
        self.bars, self.timer = bars or MemoryBars(), VirtualTimer()
        self.subscribe = SubscribeChanges(MemoryDatasets(PRICES), self.bars, self.timer, IDLE, limit)

    async def commit(self, *bars, **how):
        self.bars.commit(*bars, **how)
        await self.timer.pass_(LOOK)

    @asynccontextmanager
    async def reading(self, symbols=(), place=None, max_age=AGE):
        seen = []

        async def read():
            try:
                async for frame in self.subscribe.frames(OWNER, PRICES, MINUTE, symbols, place, max_age):
                    seen.append(frame)
                seen.append("end")
            except (TooMany, ConnectionError) as error:
                seen.append(error)

        task = asyncio.create_task(read())
        await settled()
        try:
            yield seen
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def told(frames):
    return [([(b.symbol, b.start) for b in frame.rows], frame.snapshot) for frame in frames]


async def test_a_snapshot_of_the_newest_comes_first_then_what_is_closed():
    world = World()
    await world.commit(bar("A", 0), bar("B", 0))
    await world.commit(bar("A", 60))
    async with world.reading() as seen:
        await world.commit(bar("B", 60), bar("A", 120))
    assert told(seen) == [([("B", 0), ("A", 60)], True), ([("B", 60), ("A", 120)], False)]


async def test_only_asked_symbols_are_told():
    world = World()
    async with world.reading(["B"]) as seen:
        await world.commit(bar("A", 0))
        await world.commit(bar("B", 0))
    assert told(seen) == [([], True), ([("B", 0)], False)]


async def test_what_a_slow_transaction_commits_later_is_not_left_out():
    world = World()
    async with world.reading() as seen:
        world.bars.under_way = slow = world.bars.next
        world.bars.next += 1
        await world.commit(bar("B", 60))
        assert told(seen) == [([], True)]  # not told while an earlier one may still commit
        world.bars.commit(bar("A", 60), transaction=slow)
        world.bars.under_way = None
        await world.timer.pass_(LOOK)
    assert sorted(pair for bars, _ in told(seen) for pair in bars) == [("A", 60), ("B", 60)]


async def test_a_cursor_goes_on_behind_what_was_received_in_this_process_and_in_another():
    bars = MemoryBars()
    here = World(bars)
    async with here.reading() as before:
        await here.commit(bar("A", 0))
    for minute in range(1, 9):
        bars.commit(bar("A", 60 * minute))
    for world in (here, World(bars)):
        async with world.reading(place=before[-1].place) as after:
            await world.timer.pass_(LOOK)
        starts = [start for told_bars, snapshot in told(after) for _, start in told_bars if not snapshot]
        assert starts == [60 * minute for minute in range(1, 9)]
        assert not any(snapshot for _, snapshot in told(after))


async def test_a_cursor_in_the_midst_of_what_a_look_found_loses_nothing_and_repeats_nothing():
    world = World()
    async with world.reading():
        first = world.bars.next
        for minute in range(2):
            world.bars.commit(bar("A", 60 * minute))
        await world.timer.pass_(LOOK)
        async with world.reading(place=first + 1) as seen:
            await world.commit(bar("A", 600))
    assert told(seen) == [([("A", 60)], False), ([("A", 600)], False)]


async def test_many_subscribers_cost_the_store_no_more_than_one():
    world = World()
    async with world.reading(), world.reading(), world.reading(["A"]):
        asked = world.bars.asked
        for minute in range(10):
            await world.commit(bar("A", 60 * minute))
        assert world.bars.asked - asked == 10
    assert world.subscribe.lookouts == {}


async def test_a_subscriber_that_reads_slowly_is_told_all_from_memory_and_from_the_store(monkeypatch):
    monkeypatch.setattr(subscribe_changes, "KEPT", 4)
    world = World()
    frames = world.subscribe.frames(OWNER, PRICES, MINUTE, [], None, AGE)
    await anext(frames)
    for minute in range(20):
        await world.commit(bar("A", 60 * minute))
    seen = []
    while len(seen) < 20:
        seen += [b.start for b in (await anext(frames)).rows]
    await frames.aclose()
    assert seen == [60 * minute for minute in range(20)]


async def test_without_bars_an_idle_message_carries_the_cursor_and_the_stream_ends_at_its_age():
    world = World()
    async with world.reading(max_age=40.0) as seen:
        await world.timer.pass_(IDLE + 0.1)
        assert told(seen[1:]) == [([], False)]
        await world.timer.pass_(40.0)
    assert seen[-1] == "end"


async def test_who_comes_back_and_missed_nothing_is_told_so_at_once():
    world = World()
    async with world.reading() as before:
        await world.commit(bar("A", 0))
    async with world.reading(place=before[-1].place) as seen:
        await world.timer.pass_(IDLE - 0.1)
    assert told(seen) == [([], False)]


async def test_when_the_store_goes_away_who_reads_is_told_and_may_come_again():
    world = World()
    async with world.reading() as seen:
        world.bars.gone = True
        await world.timer.pass_(LOOK)
    assert isinstance(seen[-1], ConnectionError)
    world.bars.gone = False
    async with world.reading() as again:
        pass
    assert told(again) == [([], True)]


async def test_only_so_many_at_once_and_only_of_what_one_may_see():
    world = World(limit=1)
    async with world.reading(), world.reading() as second:
        pass
    assert isinstance(second[0], TooMany)
    assert not world.subscribe.counts
    with pytest.raises(DatasetNotFound):
        await world.subscribe.open(STRANGER, "prices", [])
    with pytest.raises(InstrumentNotFound):
        await world.subscribe.open(OWNER, "prices", ["Z"])
