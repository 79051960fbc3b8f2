"""Pages of bars that begin in the archive and end in the database."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.marketdata.adapters.archived_bars import ArchivedBars
from services.marketdata.adapters.tick_bars_of_all_times import TickBarsOfAllTimes
from services.marketdata.adapters.tick_bars_postgres import PostgresTickBars
from services.marketdata.app.archive import ArchiveUnavailable
from services.marketdata.app.list_tick_bars import TickBarRange
from services.marketdata.domain.errors import FeedUnavailable
from services.marketdata.domain.feed.records import nanoseconds
from tests.marketdata.adapters import test_archive_postgres as archive
from tests.marketdata.archived import NOW, at, before

own_pool, world = archive.own_pool, archive.world
DAYS = (40, 39, 20, 8, 7, 6, 1)


@pytest.fixture
async def bars(world):
    """Bars of A and B on some days, of which those older than a week are in the archive alone."""
    world.clock.time = NOW - timedelta(days=41)
    await world.pool.execute("SELECT keep_feed($1, false)", nanoseconds(world.clock.time))
    for day in DAYS:
        world.clock.time = at(before(day), 23)
        await world.pool.execute("SELECT keep_feed($1, true)", nanoseconds(world.clock.time))
        await world.write(before(day), [("A", 0, 10.0 + day), ("B", 0, 20.0 + day), ("A", 1, 11.0 + day)])
    world.clock.time = NOW
    while await world.turn():
        continue
    await world.keep_feed(NOW)
    assert await world.stored(before(20)) == 0
    stored = PostgresTickBars(world.pool, archiving=True)
    return TickBarsOfAllTimes(stored, world.all_times, world.clock)


def asked(world, first=None, last=None, symbols=()):
    start, end = (None if day is None else at(before(day)) for day in (first, last))
    return TickBarRange(world.dataset.id, 60, symbols, start, end, None)


async def paged(world, bars, size, **which):
    seen, behind = [], None
    while page := await bars.page(world.dataset, asked(world, **which), behind, size):
        seen += [(bar.symbol, bar.start, bar.close) for bar in page]
        behind = (page[-1].start, page[-1].symbol)
    return seen


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
async def test_pages_go_from_the_archive_into_the_database_without_gap_or_repetition(world, bars, size):
    seen = await paged(world, bars, size, first=45)
    assert [close for _, _, close in seen] == [close + day for day in DAYS for close in (10.0, 20.0, 11.0)]
    assert seen == sorted(seen, key=lambda bar: (bar[1], bar[0]))


async def test_a_range_and_symbols_narrow_it(world, bars):
    seen = await paged(world, bars, 3, first=39, last=7, symbols=["A"])
    assert [close for _, _, close in seen] == [close + day for day in (39, 20, 8) for close in (10.0, 11.0)]


async def test_without_a_start_the_first_are_those_of_the_database(world, bars):
    seen = await paged(world, bars, 100)
    assert [round(close) for _, _, close in seen][-3:] == [11, 21, 12]
    assert len(seen) < 3 * len(DAYS)


async def test_an_archive_that_is_away_is_told_of_and_what_needs_it_not_is_read(world, bars):
    class Away:
        async def parts(self, wanted):
            raise ArchiveUnavailable("away")

    away = replace(bars.all_times, archived=ArchivedBars(world.journal, Away()))
    bars = replace(bars, all_times=away)
    with pytest.raises(FeedUnavailable):
        await bars.page(world.dataset, asked(world, first=45), None, 10)
    assert await bars.page(world.dataset, asked(world, first=3), None, 10)
