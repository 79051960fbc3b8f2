"""Bars of a real PostgreSQL, and an archive of them in memory."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from services.marketdata.adapters.archive_parquet import ParquetArchive, versions_of
from services.marketdata.adapters.archive_postgres import PostgresBarJournal, PostgresStoredBars
from services.marketdata.adapters.archived_bars import ArchivedBars, Asked, BarsOfAllTimes
from services.marketdata.adapters.feed_postgres import PostgresLedger
from services.marketdata.adapters.objects_obstore import open_objects
from services.marketdata.app.archive import SETTLING, Archive, BarDay
from services.marketdata.app.feed_ports import Ticks, Written
from services.marketdata.domain.feed.records import DAY, SECOND, nanoseconds
from services.marketdata.domain.feed.rollup import Bars
from tests.walls import background

TODAY = date(2026, 11, 27)
NOW = datetime.combine(TODAY, time(12), UTC)
NONE = np.zeros(0, np.int64)
FORM = ParquetArchive()


def before(days):
    return TODAY - timedelta(days)


def at(day, hour=0):
    return datetime.combine(day, time(hour), UTC)


class Clock:
    def __init__(self):
        self.time = NOW

    def now(self):
        return self.time


class World:
    """A dataset with the symbols A and B, its bars, and an archive in memory."""

    def __init__(self, pool, dataset, series):
        self.pool, self.dataset, self.series = pool, dataset, series
        self.clock, self.objects, self.told = Clock(), open_objects("memory:///"), []
        self.journal = PostgresBarJournal(pool)
        self.archived = ArchivedBars(self.journal, self.objects)
        self.all_times = BarsOfAllTimes(PostgresStoredBars(pool), self.archived)

    def archive(self, **changes):
        report = lambda event, told: self.told.append((event, told))  # noqa: E731
        return replace(Archive(self.journal, self.objects, FORM, self.clock, None, report), **changes)

    async def turn(self, **changes):
        self.clock.time += timedelta(seconds=1)
        return await self.archive(**changes).turn(self.clock.now())

    async def write(self, day, rows, known=None, width=60, late=False):
        """Rows of (symbol, place in the day, close)."""
        symbol, place, close = ([row[n] for row in rows] for n in range(3))
        start = nanoseconds(at(day)) + np.array(place, np.int64) * width * SECOND
        prices = [np.array(close, float)] * 4
        ones = np.ones(len(rows), np.int64)
        ids = np.array([self.series[each] for each in symbol], np.int64)
        bars = Bars(ids, ones * width, start, *prices, ones * 1.5, ones, start + 1, start + 2)
        known_at = known or at(day, 23)
        nothing = Ticks(*[NONE] * 7)
        parts = (Bars.none(), bars) if late else (bars, Bars.none())
        async with background(self.pool) as db:
            await PostgresLedger(db).write(Written(known_at, nothing, *parts, [], [], [], Counter(), []))

    async def due(self):
        days = await self.journal.due((self.clock.now() - SETTLING).date(), 1000)
        return [(day.day, day.width) for day in days if day.dataset_id == self.dataset.id]

    def day(self, day, width=60):
        return BarDay(day, width, self.dataset.id)

    async def stored(self, day, width=60):
        """How many versions of the day's bars the database has."""
        whole = self.day(day, width)
        query = (
            "SELECT count(*) FROM tick_bars b JOIN series s ON s.id = b.series_id"
            " WHERE dataset_id = $1 AND width = $2 AND start >= $3 AND start < $4"
        )
        return await self.pool.fetchval(query, self.dataset.id, width, whole.start, whole.end)

    async def kept(self, day, width=60):
        """How many versions of the day's bars the archive has."""
        found = await self.journal.objects(self.dataset.id, width, day, day)
        return len(versions_of(await self.objects.get(found[0][0]))) if found else 0

    async def keep_feed(self, now, archiving=True):
        await self.pool.execute("SELECT keep_feed($1, $2)", nanoseconds(now), archiving)

    def asked(self, first, last, as_of=None, symbols=(), width=60):
        return Asked(self.dataset.id, symbols, width, nanoseconds(at(first)), nanoseconds(at(last)) + DAY, as_of)


def rows(bars):
    """(symbol, days and minutes from today, close)."""
    days, minutes = divmod((bars.start - nanoseconds(at(TODAY))) // (60 * SECOND), 1440)
    names = [bars.symbols[each] for each in bars.symbol]
    return list(zip(names, days.tolist(), minutes.tolist(), bars.close.tolist(), strict=True))
