"""The mirror over a journal and a store of points in memory: what is written, when, and how often."""

import asyncio
import sys
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import pytest_asyncio

from services.marketdata.app.mirror import AT_ONCE, LATE, LOOK, PAY_EVERY, PIECE, SLACK, Mirror
from services.marketdata.app.mirror_ports import News, PointsUnavailable
from services.marketdata.domain.feed.points import PriceRows, SentimentRow
from services.marketdata.domain.feed.records import SECOND, nanoseconds
from tests.marketdata.builders import NOW
from tests.marketdata.fakes import VirtualTimer

AT = nanoseconds(NOW)


class Clock:
    """Goes with the timer."""

    def __init__(self, timer):
        self.timer, self.begun = timer, timer.monotonic()

    def now(self):
        return NOW + timedelta(seconds=self.timer.monotonic() - self.begun)


class MemoryTurn:
    """Tells up to three ticks at once."""

    def __init__(self, journal):
        self.journal, self.owed = journal, journal.owed
        self.rows = journal.rows[journal.place : journal.place + 3]
        self.idle = not (self.rows or journal.sentiment or journal.gone)
        self.behind = len(journal.rows) > journal.place + 3
        self.kept = self.left = None

    async def news(self):
        return News(self.rows, self.journal.sentiment, self.journal.gone)

    async def keep(self, owed, now):
        self.kept = (owed, now)

    async def pay(self, left):
        self.left = (left,)

    def end(self):
        if self.left is not None:
            (self.journal.owed,) = self.left
        if self.kept is not None:
            self.journal.owed, self.journal.kept_at = self.kept
            self.journal.place += len(self.rows)
            self.journal.sentiment, self.journal.gone = [], []


class MemoryJournal:
    """What it holds counts once a turn ends well."""

    def __init__(self):
        self.rows, self.sentiment, self.gone = [], [], []
        self.place, self.owed, self.kept_at = 0, None, None
        self.taken = self.broken = False

    def add(self, *ages):
        """Ticks that occurred so many seconds before NOW."""
        for age in ages:
            at = AT - round(age * SECOND)
            self.rows.append(PriceRows("d", "A", "", "replay", [at], [1.0 + len(self.rows)], [1.0], [0]))

    @asynccontextmanager
    async def turn(self):
        if self.broken:
            raise ConnectionRefusedError
        turn = None if self.taken else MemoryTurn(self)
        yield turn
        if turn is not None:
            turn.end()

    async def start_over(self):
        self.place = 0

    async def owe(self):
        if self.kept_at is not None:
            self.owed = min(self.kept_at, self.owed or self.kept_at)


class MemoryPoints:
    """Points by what they are known by; away as often as it is told to be first."""

    def __init__(self):
        self.there, self.away, self.breaks_off, self.no_candles = True, 0, False, False
        self.points, self.asked, self.rolled, self.laid_out = {}, [], [], 0
        self.refuses = 0

    def _ask(self, what):
        self.asked.append(what)
        if self.away:
            self.away -= 1
            raise PointsUnavailable("it is away")

    async def exists(self):
        self._ask("exists")
        return self.there

    async def lay_out(self):
        self._ask("lay_out")
        self.there = True
        self.laid_out += 1

    async def write(self, policy, lines):
        self._ask(policy)
        for each in lines:
            head, fields, at = each.split(" ")
            self.points[policy, head, at] = fields
        if self.breaks_off:
            self.breaks_off = False
            raise PointsUnavailable("it broke off")
        refused, self.refuses = self.refuses, 0
        return refused

    async def roll_up(self, start, end, now):
        self.rolled.append((start, end))
        if self.no_candles:
            raise PointsUnavailable("it takes too long")

    async def forget(self, dataset_id):
        self._ask(f"forget {dataset_id}")


class Told(list):
    def interrupted(self, why):
        self.append(why)

    def resumed(self):
        self.append("resumed")

    def refused(self, policy, points):
        self.append((policy, points))


class World:
    def __init__(self):
        self.timer = VirtualTimer()
        self.journal, self.points, self.told = MemoryJournal(), MemoryPoints(), Told()
        self.mirror = Mirror(self.journal, self.points, Clock(self.timer), self.timer, self.told)
        self.task = None

    async def run(self, seconds=0.0):
        """Begin to run, or go on, and let time pass."""
        if self.task is None:
            self.task = asyncio.create_task(self.mirror.run())
        await self.timer.pass_(seconds)

    def now(self):
        return nanoseconds(self.mirror.clock.now())


async def at_once(function):
    return function()


@pytest_asyncio.fixture
async def world(monkeypatch):
    """Without threads: time that passes only when a test says so would not wait for one."""
    monkeypatch.setattr(asyncio, "to_thread", at_once)
    world = World()
    yield world
    if world.task is not None:
        world.task.cancel()
        await asyncio.wait([world.task])


async def test_all_that_is_new_is_written_at_once_and_what_comes_within_a_second(world):
    world.journal.add(*range(10))
    await world.run()
    assert (len(world.points.points), world.journal.place) == (10, 10)
    world.journal.add(-0.5)
    await world.run(LOOK / 2)
    assert len(world.points.points) == 10
    await world.run(LOOK)
    assert (len(world.points.points), world.journal.place) == (11, 11)
    assert world.points.laid_out == 1 and not world.told


async def test_what_was_written_but_not_kept_is_written_again_and_not_doubled(world):
    world.journal.add(3, 2, 1)
    world.points.breaks_off = True
    await world.run()
    assert (len(world.points.points), world.journal.place) == (3, 0)
    await world.run(0.2)
    assert (len(world.points.points), world.journal.place) == (3, 3)
    assert world.points.asked.count("raw") == 2


async def test_a_store_that_is_away_is_asked_less_and_less_often_and_told_of_once(world):
    world.journal.add(1)
    world.points.away = 9
    await world.run()
    asked = []
    for wait in (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0):
        await world.run(wait - 0.001)
        asked.append(len(world.points.asked))
        await world.run(0.001001)
    assert asked == list(range(1, 9))
    assert world.told == ["it is away"]
    await world.run(5.0)
    assert world.told == ["it is away", "resumed"]
    assert len(world.points.points) == 1


async def test_after_an_outage_patience_is_new(world):
    world.points.away = 7
    await world.run(30.0)
    world.points.away = 2
    world.journal.add(-30)
    await world.run(LOOK)
    await world.run(0.1)
    await world.run(0.2)
    assert len(world.points.points) == 1
    assert world.told == ["it is away", "resumed"] * 2


async def test_a_store_that_is_made_anew_is_filled_anew(world):
    world.journal.add(3, 2, 1)
    await world.run()
    world.points.points.clear()
    world.points.there, world.points.away = False, 1
    world.journal.add(0)
    await world.run(LOOK)
    await world.run(0.1)
    assert len(world.points.points) == 4


async def test_while_another_replica_has_its_turn_nothing_is_written(world):
    world.journal.add(1)
    world.journal.taken = True
    await world.run(10 * LOOK)
    assert not world.points.points
    world.journal.taken = False
    await world.run(LOOK)
    assert len(world.points.points) == 1


async def test_what_the_journal_raises_ends_it_and_it_may_run_again(world):
    world.journal.broken = True
    with pytest.raises(ConnectionRefusedError):
        await world.mirror.run()
    world.journal.broken = False
    world.journal.add(1)
    await world.run()
    assert len(world.points.points) == 1


async def test_sentiment_is_kept_by_the_hour_in_pieces_and_what_is_gone_is_forgotten(world):
    hours = range(2 * AT_ONCE + 1)
    world.journal.sentiment = [SentimentRow("d", "A", "reddit", "", hour, 0.5, 1, None, 0.5) for hour in hours]
    world.journal.gone = ["d-1", "d-2"]
    await world.run()
    assert world.points.asked == ["exists", "lay_out", "1hour", "1hour", "1hour", "forget d-1", "forget d-2"]
    assert len(world.points.points) == len(hours)


async def test_what_is_too_old_for_its_policy_is_told(world):
    world.points.refuses = 2
    world.journal.add(3, 2, 1)
    await world.run()
    assert world.told == [("raw", 2)]


async def test_fresh_ticks_are_left_to_the_continuous_queries(world):
    world.journal.add(LATE / SECOND, 1, 0)
    await world.run(3 * PAY_EVERY)
    assert world.points.rolled == []


async def test_of_late_ticks_candles_are_rolled_up_once_all_is_written(world):
    world.journal.add(*range(100_000, 99_990, -1), 0, 5000)
    await world.run()
    assert len(world.points.points) == 12
    starts, ends = zip(*world.points.rolled, strict=True)
    assert starts[0] == AT - 100_000 * SECOND - SLACK and ends[-1] == AT
    assert starts[1:] == ends[:-1]
    assert max(end - start for start, end in world.points.rolled) <= PIECE
    await world.run(3 * PAY_EVERY)
    assert len(world.points.rolled) == len(starts) == 6


async def test_candles_are_not_rolled_up_for_each_late_tick_by_itself(world):
    for _ in range(100):
        world.journal.add(1000)
        await world.run(LOOK)
    assert len(world.points.points) == 1  # all of one moment
    assert world.journal.place == 100
    assert len(world.points.rolled) == 2
    await world.run(PAY_EVERY)
    assert len(world.points.rolled) == 3


class EndlessTurn(MemoryTurn):
    """A fresh tick comes with each turn."""

    def __init__(self, journal):
        super().__init__(journal)
        self.idle = False

    async def news(self):
        return News(self.rows or [self.journal.rows[-1]._replace(occurred_at=[AT])], [], [])


async def test_debts_are_paid_while_fresh_ticks_never_cease(world, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "MemoryTurn", EndlessTurn)
    world.journal.add(*range(1000, 995, -1))
    for _ in range(10):
        assert await world.mirror.turn()
    assert world.points.rolled == [(AT - 1000 * SECOND - SLACK, AT)]
    assert world.journal.owed is None


async def test_what_is_new_is_written_between_two_pieces_of_a_debt(world):
    world.journal.add(5 * PIECE / SECOND)
    roll_up = world.points.roll_up

    async def rolled(*span):
        world.journal.add(0)
        world.points.asked.append("rolled up")
        await roll_up(*span)

    world.points.roll_up = rolled
    await world.run(LOOK)
    assert world.points.asked[2:] == ["raw"] + ["rolled up", "raw"] * 6


async def test_after_an_outage_candles_are_rolled_up_since_something_was_written_last(world):
    world.journal.add(0)
    await world.run()
    kept = world.journal.kept_at
    world.points.away = 10
    world.journal.add(-1)
    await world.run(300.0)
    assert world.points.away == 0
    [(start, end)] = world.points.rolled
    assert start == kept - SLACK and kept < end <= world.now()


async def test_candles_that_cannot_be_rolled_up_keep_no_tick_from_being_written(world):
    world.points.no_candles = True
    world.journal.add(1000)
    await world.run()
    for number in range(20):
        world.journal.add(-number)
        await world.run(2 * LOOK)
    assert world.journal.place == 21
    assert world.journal.owed == AT - 1000 * SECOND
    assert len(world.points.rolled) == 1
    await world.run(PAY_EVERY)
    world.points.no_candles = False
    await world.run(PAY_EVERY)
    assert world.journal.owed is None
