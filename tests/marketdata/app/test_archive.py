"""The archive over stores in memory: what is written when, and what happens while a store is away."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from services.marketdata.app.archive import (
    AGAIN,
    AT_ONCE,
    LONGEST,
    PAUSE,
    STILL,
    Archive,
    ArchiveUnavailable,
    BarDay,
    BarVersions,
    Edition,
)
from services.marketdata.domain.feed.records import DAY
from tests.marketdata.fakes import VirtualTimer

BEGUN = datetime(2026, 11, 27, 1, 59, 30, tzinfo=UTC)
FIRST = date(2026, 11, 20)


def day(number, dataset_id="a"):
    return BarDay(FIRST + timedelta(number), 60, dataset_id)


def bars(rows):
    ones = np.ones(rows, np.int64)
    return BarVersions(("A",), ones * 0, ones, *[ones * 1.0] * 5, *[ones] * 4, ones * STILL)


class Clock:
    """Goes with the timer."""

    def __init__(self, timer):
        self.timer, self.begun = timer, timer.monotonic()

    def now(self):
        return BEGUN + timedelta(seconds=self.timer.monotonic() - self.begun)


class Journal:
    """Days with so many bars; all steps are remembered in `steps`."""

    def __init__(self, steps, days):
        self.steps, self.days, self.taken, self.leavings = steps, days, set(), []
        self.looked, self.lost = [], set()

    async def due(self, before, limit):
        self.looked.append(before)
        return sorted(each for each in self.days if each.day < before)[:limit]

    async def begin(self, day, name, looked, now):
        self.steps.append(("begin", name))
        return None if day in self.taken else "attempt"

    async def bars(self, day, take):
        pieces = self.days[day]
        for rows in pieces:
            await take(bars(rows))
        return Edition(sum(pieces), 7)

    async def archived(self, day, attempt, edition, size, now):
        self.steps.append(("archived", day, attempt, edition, size))
        if day in self.lost:
            self.lost.remove(day)
            return False
        del self.days[day]
        return True

    async def left(self, now):
        return list(self.leavings)

    async def swept(self, names, now):
        self.steps.append(("swept", *names))
        self.leavings = []


class Store:
    """Takes objects unless it is away."""

    def __init__(self, steps):
        self.steps, self.away, self.objects = steps, False, {}

    async def put(self, name, data):
        self._there()
        self.steps.append(("put", name))
        self.objects[name] = data

    async def delete(self, name):
        self._there()
        self.steps.append(("delete", name))

    def _there(self):
        if self.away:
            raise ArchiveUnavailable("nobody is there")


class Form:
    """An object is how many bars it has, piece by piece."""

    def name(self, day):
        return f"{day.day}"

    def writer(self, day):
        class Writer:
            pieces = b""

            def add(self, bars):
                self.pieces += b"%d " % len(bars)

            def finish(self):
                return self.pieces

        return Writer()


class Room:
    def __init__(self, days):
        self.steps, self.told, self.timer = [], [], VirtualTimer()
        self.journal, self.store = Journal(self.steps, days), Store(self.steps)
        clock = Clock(self.timer)
        self.archive = Archive(self.journal, self.store, Form(), clock, self.timer, self._report)

    def _report(self, event, told):
        self.told.append((event, told))


@pytest.fixture
def room():
    return Room({day(0): [3, 4], day(1): [5]})


def test_a_day_has_its_bounds():
    assert (day(3).start, day(3).end - day(3).start) == (1_795_392_000_000_000_000, DAY)


async def test_an_object_is_written_before_it_is_told_of_and_the_oldest_day_first(room):
    assert await room.archive.turn(BEGUN) == 2
    assert room.steps == [
        ("begin", "2026-11-20"),
        ("put", "2026-11-20"),
        ("archived", day(0), "attempt", Edition(7, 7), 4),
        ("begin", "2026-11-21"),
        ("put", "2026-11-21"),
        ("archived", day(1), "attempt", Edition(5, 7), 2),
    ]
    assert room.store.objects == {"2026-11-20": b"3 4 ", "2026-11-21": b"5 "}
    assert room.told[0] == ("day_archived", {"object": "2026-11-20", "rows": 7, "bytes": 4})


async def test_what_another_has_is_left_to_it(room):
    room.journal.taken.add(day(0))
    assert await room.archive.turn(BEGUN) == 1
    assert list(room.store.objects) == ["2026-11-21"]


async def test_of_a_day_without_bars_nothing_is_written():
    room = Room({day(0): []})
    assert await room.archive.turn(BEGUN) == 0
    assert room.steps == [("begin", "2026-11-20")]


async def test_what_was_written_by_two_is_told_of(room):
    room.journal.lost.add(day(0))
    assert await room.archive.turn(BEGUN) == 1
    assert [event for event, _ in room.told] == ["day_archived_twice", "day_archived"]


async def test_what_deleted_datasets_left_is_deleted_before_it_is_forgotten(room):
    room.journal.leavings = ["x", "y"]
    await room.archive.turn(BEGUN)
    assert room.steps[:3] == [("delete", "x"), ("delete", "y"), ("swept", "x", "y")]
    room.journal.leavings, room.store.away = ["z"], True
    with pytest.raises(ArchiveUnavailable):
        await room.archive.turn(BEGUN)
    assert room.journal.leavings == ["z"]


async def running(room):
    task = asyncio.create_task(room.archive.run())
    await room.timer.pass_(0)
    return task


async def until(condition):
    """Lets threads finish."""
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.002)
    raise AssertionError(condition)


async def ended(task):
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_it_looks_again_soon_while_there_is_much_and_else_every_hour():
    room = Room({day(-number): [1] for number in range(AT_ONCE + 5)})
    task = await running(room)
    await until(lambda: len(room.store.objects) == AT_ONCE)
    await until(lambda: room.timer.waiting)
    await room.timer.pass_(AGAIN)
    await until(lambda: len(room.store.objects) == AT_ONCE + 5)
    await until(lambda: room.timer.waiting)
    await room.timer.pass_(AGAIN)
    assert len(room.journal.looked) == 3
    await room.timer.pass_(PAUSE - 1)
    assert len(room.journal.looked) == 3
    await room.timer.pass_(1)
    # At three the day before has settled.
    assert room.journal.looked == [date(2026, 11, 26)] * 3 + [date(2026, 11, 27)]
    await ended(task)


async def test_while_the_store_is_away_it_waits_and_says_so_once_and_then_goes_on(room):
    room.store.away = True
    task = await running(room)
    await until(lambda: room.timer.waiting)
    waits = []
    for _ in range(12):
        [(moment, _)] = room.timer.waiting
        waits.append(moment - room.timer.monotonic())
        looks = len(room.journal.looked)
        await room.timer.pass_(waits[-1])
        await until(lambda looks=looks: len(room.journal.looked) > looks and room.timer.waiting)
    assert waits[:4] == [AGAIN, 2 * AGAIN, 4 * AGAIN, 8 * AGAIN]
    assert max(waits) == waits[-1] == LONGEST
    assert room.told == [("archive_away", {"error": "nobody is there"})]
    room.store.away = False
    await room.timer.pass_(LONGEST)
    await until(lambda: len(room.store.objects) == 2)
    await until(lambda: room.timer.waiting)
    assert [event for event, _ in room.told] == ["archive_away", "day_archived", "day_archived", "archive_back"]
    await ended(task)


async def test_what_the_database_says_is_no_matter_of_the_archive(room):
    async def away(before, limit):
        raise ConnectionError("nobody is there")

    room.journal.due = away
    with pytest.raises(ConnectionError):
        await room.archive.run()
