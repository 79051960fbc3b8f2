"""Bars of ticks page by page, also those that the database has dropped and the archive has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.marketdata.adapters.archived_bars import Asked, BarColumns, BarsOfAllTimes
from services.marketdata.app.archive import ArchiveUnavailable
from services.marketdata.app.feed_ports import TickBars
from services.marketdata.app.list_tick_bars import TickBarRange
from services.marketdata.app.ports import Clock
from services.marketdata.domain.dataset import Dataset
from services.marketdata.domain.errors import FeedUnavailable
from services.marketdata.domain.feed.bars import TickBar
from services.marketdata.domain.feed.records import DAY, nanoseconds

# Days that bars stay in the database at least, by their width in s; see keep_feed in the migrations.
KEPT: Mapping[int, int] = {60: 7, 300: 30, 3600: 365, 86_400: 3653}
WIDEST = 512  # days that are looked through at once, where few have bars
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TickBarsOfAllTimes:
    """The port TickBars; what changes is told by the database alone."""

    stored: TickBars
    all_times: BarsOfAllTimes
    clock: Clock

    async def page(
        self, dataset: Dataset, asked: TickBarRange, behind: tuple[int, str] | None, limit: int
    ) -> list[TickBar]:
        """From the database if the page begins where it has all; else some days at a time. Raises FeedUnavailable.

        Without a start the first bars are those of the database.
        """
        now = nanoseconds(self.clock.now())
        # No tick is of before 1970.
        begin = behind[0] if behind else max(0, nanoseconds(asked.start)) if asked.start else now
        if begin >= now - (KEPT[asked.width] - 1) * DAY:
            return await self.stored.page(dataset, asked, behind, limit)
        end = min(nanoseconds(asked.end) if asked.end else now, now)
        found, days = list[TickBar](), 1
        try:
            while begin < end and len(found) < limit:
                until = min((begin // DAY + days) * DAY, end)
                span = Asked(dataset.id, asked.symbols, asked.width, begin, until, asked.as_of)
                bars = _bars(await self.all_times.range_of(span))
                found += [bar for bar in bars if behind is None or (bar.start, bar.symbol) > behind]
                begin, days = until, min(2 * days, WIDEST)
        except ArchiveUnavailable as error:
            raise FeedUnavailable from error
        return found[:limit]

    async def horizon(self) -> int:
        """The database's."""
        return await self.stored.horizon()

    async def newest(self, dataset: Dataset, width: int, before: int) -> list[TickBar]:
        """The database's."""
        return await self.stored.newest(dataset, width, before)

    async def changed(self, dataset: Dataset, width: int, since: int, before: int) -> tuple[list[TickBar], int]:
        """The database's."""
        return await self.stored.changed(dataset, width, since, before)


def _bars(columns: BarColumns) -> list[TickBar]:
    """By start, then symbol."""
    names = [columns.symbols[at] for at in columns.symbol.tolist()]
    known = [_UNIX + timedelta(microseconds=at) for at in columns.knowledge_time.tolist()]
    prices = (columns.open, columns.high, columns.low, columns.close, columns.volume)
    values = (column.tolist() for column in (columns.start, *prices, columns.ticks))
    bars = [TickBar(*row) for row in zip(names, *values, known, strict=True)]
    return sorted(bars, key=lambda bar: (bar.start, bar.symbol))
