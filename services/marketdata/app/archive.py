"""Keeps bars in an archive of columns on an object store, before the database drops them.

A whole day of a dataset's bars of one width is one object. The object is written first, then the catalogue says so:
what was killed between the two is written again, under the same name. A day that is corrected after it was archived is
archived anew, whole, with all versions.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

import numpy as np

from services.marketdata.app.ports import Clock, Timer
from services.marketdata.domain.feed.records import DAY, Bools, Floats, Ints, nanoseconds

SETTLING = timedelta(hours=2)  # after a day's end: by then its bars are closed, and most corrections are in
LEASE = timedelta(minutes=10)  # longer than a day takes to be read and written
SWEPT = timedelta(hours=1)  # that a deleted dataset's objects are deleted over and over: one may just be written
AT_ONCE = 100  # days between two looks for what is due
PAUSE = 3600.0  # s between two looks when nothing is due: bars are dropped after days
AGAIN = 1.0  # s before the next look while something is
LONGEST = 300.0  # s before a store that is away is asked again
STILL = np.iinfo(np.int64).max  # superseded_at of what nothing has superseded

# Told what happened, as an event of the log with its fields.
Report = Callable[[str, dict[str, object]], None]


class ArchiveUnavailable(Exception):
    """The object store cannot be reached, or refuses; the text names no secret."""


class ObjectNotFound(ArchiveUnavailable):
    """The object store has no object of this name."""


@dataclass(frozen=True, slots=True, order=True)
class BarDay:
    """All bars of a dataset of one width whose start lies in a day, UTC."""

    day: date
    width: int  # s
    dataset_id: str

    @property
    def start(self) -> int:
        """Its first moment, ns."""
        return nanoseconds(datetime.combine(self.day, time(), UTC))

    @property
    def end(self) -> int:
        """The first moment behind it, ns."""
        return self.start + DAY


@dataclass(frozen=True, slots=True)
class BarVersions:
    """n versions of bars in columns, by symbol, start, knowledge_time.

    A version is what was known from knowledge_time until superseded_at, µs since 1970; other times in ns, UTC.
    """

    symbols: tuple[str, ...]  # rising
    symbol: Ints  # (n,) index into symbols
    start: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    ticks: Ints
    first_at: Ints
    last_at: Ints
    knowledge_time: Ints
    superseded_at: Ints  # STILL: by nothing

    def __len__(self) -> int:
        """How many."""
        return len(self.start)

    def at(self, index: Ints | Bools) -> BarVersions:
        """Some of them, in the order of the index."""
        return BarVersions(self.symbols, *(getattr(self, each.name)[index] for each in fields(self)[1:]))


@dataclass(frozen=True, slots=True)
class Edition:
    """What tells apart how a day's bars stood at different times: any change of them changes one of the two."""

    rows: int
    versions: int  # the sum of the transactions that wrote them


class BarJournal(Protocol):
    """The database's bars, and the catalogue of what is archived of them."""

    async def due(self, before: date, limit: int) -> list[BarDay]:
        """Return up to `limit` days before one that are not archived as they stand, the oldest first."""
        ...

    async def begin(self, day: BarDay, name: str, looked: datetime, now: datetime) -> str | None:
        """Take for LEASE a day that was due at a time; None if another has it or did it, or its dataset is gone."""
        ...

    async def bars(self, day: BarDay, take: Callable[[BarVersions], Awaitable[None]]) -> Edition:
        """Give all versions of the day's bars as of one moment, some symbols at a time, by symbol; tell which."""
        ...

    async def archived(self, day: BarDay, attempt: str, edition: Edition, size: int, now: datetime) -> bool:
        """Keep that the object, of `size` bytes, has this edition.

        False if the day was taken by another meanwhile: it is due again, since nobody knows who wrote last.
        """
        ...

    async def safe_until(self, width: int, before: date) -> date:
        """Return the first day, up to `before`, of bars that are not archived as they stand; what is older may go."""
        ...

    async def left(self, now: datetime) -> list[str]:
        """Return some objects of deleted datasets that were not deleted within LEASE."""
        ...

    async def swept(self, names: Sequence[str], now: datetime) -> None:
        """Keep that objects were deleted; forget those whose datasets are gone since SWEPT."""
        ...


class ObjectStore(Protocol):
    """Whole objects by name. Raises ArchiveUnavailable."""

    async def put(self, name: str, data: bytes) -> None:
        """Write an object, or nothing of it; it is safe when this returns."""
        ...

    async def get(self, name: str) -> memoryview:
        """Return an object. Raises ObjectNotFound."""
        ...

    async def parts(self, wanted: Sequence[tuple[str, int, int]]) -> list[memoryview]:
        """Return parts of objects, from a byte up to another, or the object's end. Raises ObjectNotFound."""
        ...

    def names(self, folder: str) -> AsyncIterator[str]:
        """Yield the names of the objects in a folder, in any order."""
        ...

    async def delete(self, name: str) -> None:
        """Delete an object, if it is there."""
        ...


class DayWriter(Protocol):
    """Writes a day's object."""

    def add(self, bars: BarVersions) -> None:
        """Append bars; symbols come in rising order."""
        ...

    def finish(self) -> bytes:
        """Return the whole object."""
        ...


class ArchiveForm(Protocol):
    """How objects are named and written."""

    def name(self, day: BarDay) -> str:
        """Return the name of a day's object: always the same."""
        ...

    def writer(self, day: BarDay) -> DayWriter:
        """Begin an object."""
        ...


@dataclass(slots=True)
class Archive:
    """Runs in every replica; a day is leased to one."""

    journal: BarJournal
    objects: ObjectStore
    form: ArchiveForm
    clock: Clock
    timer: Timer
    report: Report
    waits: float = field(default=0.0, init=False)  # s, while the store is away

    async def run(self) -> None:
        """Archive what is due, until cancelled; raises what the database raises."""
        never = asyncio.Event()
        while True:
            await self.timer.wait(never, self.timer.monotonic() + await self._pause())

    async def turn(self, now: datetime) -> int:
        """Archive some days that are due, and delete what deleted datasets left; return how many days that were.

        Raises ArchiveUnavailable.
        """
        await self._sweep(now)
        done = 0
        for day in await self.journal.due((now - SETTLING).date(), AT_ONCE):
            done += await self._archive(day, now)
        return done

    async def _pause(self) -> float:
        """A turn; how long to wait then, in s."""
        try:
            done = await self.turn(self.clock.now())
        except ArchiveUnavailable as error:
            if not self.waits:
                self.report("archive_away", {"error": str(error)})
            self.waits = min(LONGEST, 2 * self.waits or AGAIN)
            return self.waits
        if self.waits:
            self.report("archive_back", {})
        self.waits = 0.0
        return AGAIN if done else PAUSE

    async def _archive(self, day: BarDay, looked: datetime) -> bool:
        name = self.form.name(day)
        attempt = await self.journal.begin(day, name, looked, self.clock.now())
        if attempt is None:
            return False
        writer = self.form.writer(day)

        async def take(bars: BarVersions) -> None:
            await asyncio.to_thread(writer.add, bars)

        edition = await self.journal.bars(day, take)
        data = await asyncio.to_thread(writer.finish)
        if not edition.rows:  # they were dropped, or the dataset was deleted, just now
            return False
        await self.objects.put(name, data)
        kept = await self.journal.archived(day, attempt, edition, len(data), self.clock.now())
        told = {"object": name, "rows": edition.rows, "bytes": len(data)}
        self.report("day_archived" if kept else "day_archived_twice", told)
        return kept

    async def _sweep(self, now: datetime) -> None:
        if names := await self.journal.left(now):
            for name in names:
                await self.objects.delete(name)
            await self.journal.swept(names, now)
