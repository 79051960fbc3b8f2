"""What a feed brings is judged, numbered, rolled up and kept, in a real PostgreSQL as the runtime role."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest_asyncio

from chassis.ids import Uuid7Ids
from services.marketdata.adapters import tick_bars_postgres
from services.marketdata.adapters.calendars_exchange import ExchangeCalendars
from services.marketdata.adapters.feed_postgres import NOWHERE, PostgresLedger
from services.marketdata.adapters.tick_bars_postgres import PostgresTickBars
from services.marketdata.app.feed_ports import Incoming, Unreadable
from services.marketdata.app.process_records import GRACE, ProcessRecords
from services.marketdata.domain.feed.records import DAY, SECOND, Fault, Stream
from tests.fixtures.logs import captured
from tests.marketdata.adapters.test_prices_postgres import delivery
from tests.walls import background

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp()) * SECOND
PARTITIONS = range(12)


class SetClock:
    """A clock that a test sets."""

    def __init__(self):
        self.time = NOW

    def now(self):
        return self.time


class Feed:
    """A dataset with the symbols A and B, and a feed into it."""

    def __init__(self, pool, dataset_id):
        self.pool, self.dataset_id, self.clock = pool, dataset_id, SetClock()
        self.process = ProcessRecords(self.clock, Uuid7Ids(), ExchangeCalendars())
        self.sent = Counter()

    def message(self, *rows, symbol="A", source="replay", currency="", released="", dataset=None):
        """Rows of (price, seconds from noon), or (price, seconds, size); numbered as they come."""
        stream = Stream(dataset or self.dataset_id, symbol, source)
        price = [row[0] for row in rows]
        at = [AT + round(row[1] * SECOND) for row in rows]
        size = [row[2] if len(row) > 2 else 1.0 for row in rows]
        number = [self.sent[stream] + 1 + n for n in range(len(rows))]
        self.sent[stream] += len(rows)
        return Incoming(stream, currency, at, price, size, number, released)

    async def take(self, *messages):
        async with background(self.pool) as db:
            return await self.process(PostgresLedger(db), PARTITIONS, messages)

    async def rows(self, query, *given):
        return [tuple(row) for row in await self.pool.fetch(query, self.dataset_id, *given)]

    async def ticks(self):
        query = "SELECT s.symbol, t.seq, t.price, t.occurred_at - $2 FROM ticks t JOIN series s ON s.id = t.series_id"
        return await self.rows(query + " WHERE s.dataset_id = $1 ORDER BY 1, 2", AT)

    async def bars(self, width=60, symbol="A", as_of=None):
        query = (
            "SELECT (b.start - $2) / 1000000000, open, high, low, close, volume, ticks FROM tick_bars b"
            " JOIN series s ON s.id = b.series_id WHERE s.dataset_id = $1 AND width = $3 AND symbol = $4"
            " AND knowledge_time <= $5 AND superseded_at > $5 ORDER BY 1"
        )
        return await self.rows(query, AT, width, symbol, as_of or self.clock.time)

    async def apart(self):
        query = "SELECT symbol, fault, price, number FROM quarantine WHERE dataset_id = $1 ORDER BY id"
        return await self.rows(query)

    async def quality(self):
        query = "SELECT finding, sum(count)::int FROM quality WHERE dataset_id = $1 GROUP BY 1 ORDER BY 1"
        return dict(await self.rows(query))


@pytest_asyncio.fixture
async def feed(pool, stores, caller):
    await stores.prices.store(delivery(caller, "date,A,B\n2024-01-02,10,20\n", NOW), keep=True)
    await pool.execute("SELECT keep_feed($1)", AT)
    return Feed(pool, (await stores.datasets.find(caller, "prices")).id)


async def test_good_records_become_numbered_ticks_and_each_symbols_count_is_its_own(feed):
    await feed.take(feed.message((100.0, -9), (100.1, -8)), feed.message((20.0, -9), symbol="B"))
    await feed.take(feed.message((100.2, -7)))
    assert await feed.ticks() == [
        ("A", 1, 100.0, -9 * SECOND),
        ("A", 2, 100.1, -8 * SECOND),
        ("A", 3, 100.2, -7 * SECOND),
        ("B", 1, 20.0, -9 * SECOND),
    ]
    assert await feed.apart() == []
    assert await feed.quality() == {0: 4}


async def test_what_is_shown_is_what_was_stored(feed):
    processed = await feed.take(feed.message((100.0, -9), (np.nan, -8), (100.1, -7)))
    [(dataset_id, ticks)] = processed.shown.items()
    assert dataset_id == feed.dataset_id
    assert [(tick.symbol, tick.seq, tick.price) for tick in ticks] == [("A", 1, 100.0), ("A", 2, 100.1)]
    assert [tick.occurred_at for tick in ticks] == [AT - 9 * SECOND, AT - 7 * SECOND]


async def test_what_is_shown_belongs_to_a_session_of_its_exchange_and_else_to_its_day(feed):
    listed = "UPDATE listings SET mic = 'XNYS' WHERE dataset_id = $1 AND symbol = 'A'"
    async with background(feed.pool) as db:
        await db.execute(listed, feed.dataset_id)
    evening = 12.5 * 3600  # half past seven in New York, and the next day by UTC
    feed.clock.time = NOW + timedelta(seconds=evening)
    processed = await feed.take(feed.message((100.0, evening)), feed.message((20.0, evening), symbol="B"))
    days = {tick.symbol: date.fromordinal(tick.session) for tick in processed.shown[feed.dataset_id]}
    assert days == {"A": date(2026, 3, 2), "B": date(2026, 3, 3)}


async def test_what_is_wrong_is_kept_apart_with_its_reason_and_numbers(feed):
    await feed.take(
        feed.message((100.0, -9), (np.inf, -8), (-1.0, -7), (100.0, 60)),
        feed.message((5.0, -9), symbol="GONE"),
        feed.message((20.0, -9), symbol="B", currency="EUR"),
        Unreadable(Stream(feed.dataset_id, "B", "replay"), b"\xff"),
    )
    assert await feed.apart() == [
        ("A", Fault.NOT_FINITE, "inf", 2),
        ("A", Fault.NON_POSITIVE, "-1.0", 3),
        ("A", Fault.FUTURE, "100.0", 4),
        ("GONE", Fault.UNKNOWN_SYMBOL, "5.0", 1),
        ("B", Fault.WRONG_CURRENCY, "20.0", 1),
        ("B", Fault.MALFORMED, "", 0),
    ]
    assert await feed.quality() == {0: 1, 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 7: 1}
    assert len(await feed.ticks()) == 1


async def test_a_batch_that_is_not_committed_leaves_nothing_and_comes_out_the_same_again(feed):
    messages = [feed.message((100.0, -9), (np.nan, -8), (100.1, -7))]
    async with feed.pool.acquire() as db:
        transaction = db.transaction()
        await transaction.start()
        first = await feed.process(PostgresLedger(db), PARTITIONS, messages)
        await transaction.rollback()
    assert (await feed.ticks(), await feed.apart(), await feed.quality()) == ([], [], {})
    assert await feed.take(*messages) == first
    assert await feed.quality() == {0: 2, 4: 1}


async def test_what_a_source_gives_twice_is_stored_once(feed):
    message = feed.message((100.0, -9), (100.1, -8))
    await feed.take(message)
    await feed.take(message)
    assert len(await feed.ticks()) == 2
    assert await feed.quality() == {0: 2, Fault.DUPLICATE: 2}


async def test_points_of_the_same_nanosecond_are_kept_apart(feed):
    await feed.take(feed.message((100.0, -9), (100.0, -9), (100.0, -9)))
    assert [(seq, at) for _, seq, _, at in await feed.ticks()] == [(n, -9 * SECOND) for n in (1, 2, 3)]


async def test_what_a_source_left_out_is_counted(feed):
    feed.message((1.0, 0))
    await feed.take(feed.message((100.0, -9)))
    feed.message(*[(1.0, 0)] * 4)
    await feed.take(feed.message((100.0, -8)))
    assert await feed.quality() == {-1: 4, 0: 2}


async def test_bars_close_with_the_first_tick_of_the_next_interval(feed):
    feed.clock.time = NOW - timedelta(seconds=61)
    await feed.take(feed.message((100.0, -119, 5), (102.0, -100, 1)))
    assert await feed.bars() == []
    await feed.take(feed.message((99.0, -90, 2), (101.0, -61, 1), (101.5, -59, 7)))
    assert await feed.bars() == [(-120, 100.0, 102.0, 99.0, 101.0, 9.0, 4)]
    assert await feed.bars(300) == []


async def test_bars_close_by_time_when_no_tick_comes(feed):
    await feed.take(feed.message((100.0, -30)))
    feed.clock.time = NOW + timedelta(seconds=GRACE / SECOND - 0.001)
    await feed.take()
    assert await feed.bars() == []
    feed.clock.time = NOW + timedelta(seconds=GRACE / SECOND)
    await feed.take()
    assert await feed.bars() == [(-60, 100.0, 100.0, 100.0, 100.0, 1.0, 1)]
    assert await feed.bars(300) == [(-300, 100.0, 100.0, 100.0, 100.0, 1.0, 1)]
    assert await feed.bars(3600) == [(-3600, 100.0, 100.0, 100.0, 100.0, 1.0, 1)]
    assert await feed.bars(86_400) == []


async def test_a_correction_is_a_new_version_and_the_old_one_stays_readable(feed):
    await feed.take(feed.message((100.0, -119), (102.0, -100), (101.5, -59)))
    feed.clock.time = NOW + timedelta(hours=1)
    await feed.take(feed.message((110.0, -90), released=Uuid7Ids().new()))
    assert await feed.ticks() == [
        ("A", n, p, s * SECOND) for n, (p, s) in enumerate([(100.0, -119), (102.0, -100), (101.5, -59)], 1)
    ]
    released = await quarantined(feed, (110.0, -90))
    await feed.take(feed.message((110.0, -90), released=released))
    assert await feed.bars(as_of=NOW) == [(-120, 100.0, 102.0, 100.0, 102.0, 2.0, 2)]
    assert (await feed.bars())[0] == (-120, 100.0, 110.0, 100.0, 110.0, 3.0, 3)
    assert len(await feed.ticks()) == 4


async def quarantined(feed, row):
    """A record that was out of order, and so is kept apart; its id."""
    await feed.take(feed.message(row))
    query = "SELECT id::text FROM quarantine WHERE dataset_id = $1 ORDER BY id DESC LIMIT 1"
    return await feed.pool.fetchval(query, feed.dataset_id)


async def test_what_was_let_out_is_stored_once_however_often_it_comes(feed):
    await feed.take(feed.message((100.0, -50)))
    released = await quarantined(feed, (99.0, -60))
    again = feed.message((99.0, -60), released=released)
    await feed.take(again, again)
    await feed.take(again)
    assert [price for _, _, price, _ in await feed.ticks()] == [100.0, 99.0]
    assert await feed.pool.fetchval("SELECT stored_at FROM quarantine WHERE id = $1", released) == NOW


async def test_several_late_ticks_of_a_moment_make_one_correction(feed):
    await feed.take(feed.message((100.0, -119), (102.0, -100), (101.5, -59)))
    first, second = [await quarantined(feed, (price, at)) for price, at in ((110.0, -90), (90.0, -80))]
    await feed.take(feed.message((110.0, -90), released=first), feed.message((90.0, -80), released=second))
    versions = (
        "SELECT high, low, ticks FROM tick_bars b JOIN series s ON s.id = series_id"
        " WHERE dataset_id = $1 AND width = 60"
    )
    assert await feed.rows(versions) == [(110.0, 90.0, 4)]


async def test_a_source_is_compared_with_another_that_gave_its_prices_in_an_earlier_batch(feed):
    await feed.take(feed.message(*((100.0, n - 19) for n in range(11)), source="alpha_vantage"))
    await feed.take(feed.message((103.0, -8), source="gossip"), feed.message((20.0, -8), symbol="B", source="gossip"))
    assert await feed.apart() == [("A", Fault.DISAGREES, "103.0", 1)]
    await feed.take(feed.message((101.0, -7), source="gossip"), feed.message((104.0, -6), source="alpha_vantage"))
    assert [price for symbol, _, price, _ in await feed.ticks() if symbol == "A"][10:] == [100.0, 101.0, 104.0]


async def test_a_dataset_that_is_gone_leaves_nothing_and_what_names_none_is_kept(feed):
    gone = Uuid7Ids().new()
    before = await feed.pool.fetchval("SELECT count(*) FROM quarantine WHERE dataset_id = $1", NOWHERE)
    await feed.take(
        feed.message((100.0, -9), dataset=gone), Unreadable(Stream(NOWHERE, "A", ""), b"?"), feed.message((1.0, -9))
    )
    assert await feed.pool.fetchval("SELECT count(*) FROM quarantine WHERE dataset_id = $1", gone) == 0
    assert await feed.pool.fetchval("SELECT count(*) FROM quality WHERE dataset_id = $1", gone) == 0
    assert await feed.pool.fetchval("SELECT count(*) FROM quarantine WHERE dataset_id = $1", NOWHERE) == before + 1
    assert len(await feed.ticks()) == 1


async def test_bars_are_read_on_from_a_place_and_what_is_not_committed_yet_lies_behind_it(feed, pool, stores, caller):
    bars, dataset = PostgresTickBars(pool), await stores.datasets.find(caller, "prices")
    begin = await bars.horizon()
    async with pool.acquire() as slow, slow.transaction():
        await feed.process(PostgresLedger(slow), range(6), [feed.message((100.0, -200), (101.0, -100))])
        await feed.take(feed.message((20.0, -200), (21.0, -100), symbol="B"))
        early = await bars.horizon()
        assert (await bars.changed(dataset, 60, begin, early))[0] == []
    late = await bars.horizon()
    assert late > early
    found, upto = await bars.changed(dataset, 60, early, late)
    assert (sorted((bar.symbol, bar.close) for bar in found), upto) == ([("A", 100.0), ("B", 20.0)], late)
    assert await bars.changed(dataset, 60, late, await bars.horizon() + 1) == ([], await bars.horizon() + 1)
    assert [bar.symbol for bar in await bars.newest(dataset, 60, late)] == ["A", "B"]


async def test_of_many_bars_some_are_read_at_once_and_no_commit_is_cut(feed, pool, stores, caller, monkeypatch):
    monkeypatch.setattr(tick_bars_postgres, "AT_ONCE", 5)
    bars, dataset = PostgresTickBars(pool), await stores.datasets.find(caller, "prices")
    place = begin = await bars.horizon()
    for batch in range(4):
        rows = [(100.0, 60 * minute - 5000 + 600 * batch) for minute in range(4 if batch else 9)]
        await feed.take(feed.message(*rows))
    end, seen = await bars.horizon(), []
    while place < end:
        found, place = await bars.changed(dataset, 60, place, end)
        seen.append(len(found))
    whole = await pool.fetchval(
        "SELECT count(*) FROM tick_bars b JOIN series s ON s.id = series_id WHERE dataset_id = $1 AND width = 60",
        dataset.id,
    )
    assert sum(seen) == whole
    assert seen[0] >= 8
    assert begin < place == end


async def test_retention_drops_what_is_older_than_each_interval_is_kept_and_nothing_else(feed):
    kept = {60: 7, 300: 30, 3600: 365, 86_400: 3653}
    series_id = await feed.pool.fetchval(
        "INSERT INTO series (dataset_id, symbol, partition) VALUES ($1, 'R', 0) RETURNING id", feed.dataset_id
    )
    now = AT
    for width, days in kept.items():
        for start in (now - days * DAY - 1, now - days * DAY, now):
            await feed.pool.execute(
                "INSERT INTO tick_bars VALUES ($1, $2, $3, 1, 1, 1, 1, 1, 1, $3, $3, now())", series_id, width, start
            ) if start >= now - days * DAY else None
    await feed.pool.execute("INSERT INTO ticks VALUES ($1, 1, 1, $2, 1, 1, 1, now())", series_id, now - 7 * DAY)
    await feed.pool.execute("SELECT keep_feed($1)", now)
    count = "SELECT count(*) FROM tick_bars WHERE series_id = $1"
    assert await feed.pool.fetchval(count, series_id) == 8
    await feed.pool.execute("SELECT keep_feed($1)", now + 1)
    assert await feed.pool.fetchval(count, series_id) == 4
    assert await feed.pool.fetchval("SELECT count(*) FROM ticks WHERE series_id = $1", series_id) == 0
    await feed.pool.execute("SELECT keep_feed($1)", now + 8 * DAY)
    assert {row[0] for row in await feed.pool.fetch("SELECT width FROM tick_bars WHERE series_id = $1", series_id)} == {
        300,
        3600,
        86_400,
    }
    await feed.pool.execute("SELECT keep_feed($1)", now + 3654 * DAY)
    assert await feed.pool.fetchval(count, series_id) == 0
    await feed.pool.execute("SELECT keep_feed($1)", now)


async def test_a_symbol_that_nothing_was_heard_of_for_long_holds_up_nothing(feed):
    await feed.take(feed.message((100.0, -10)))
    feed.clock.time = later = NOW + timedelta(days=9)
    await feed.pool.execute("SELECT keep_feed($1)", AT + 9 * DAY)
    await feed.take(feed.message((20.0, 9 * 86_400 - 100), symbol="B"))
    await feed.take()
    assert await feed.bars(60) == []
    assert [bar[0] for bar in await feed.bars(300)] == [-300]
    assert [tick[:3] for tick in await feed.ticks()] == [("B", 1, 20.0)]
    assert later == feed.clock.time
    await feed.pool.execute("SELECT keep_feed($1)", AT)


async def test_while_the_store_is_away_nothing_is_tidied_and_it_says_so():
    class Away:
        async def execute(self, *_):
            raise ConnectionRefusedError("nobody is there")

    with captured() as logs:
        assert await PostgresTickBars(Away()).keep_feed(NOW) is False
    assert [each["event"] for each in logs] == ["feed_not_tidied"]
