"""A mirror of a real PostgreSQL into a real InfluxDB, and feeds into what is mirrored."""

import asyncio
from functools import partial

from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from services.marketdata.adapters.alternative_postgres import PostgresAlternativeLedger
from services.marketdata.adapters.calendars_exchange import ExchangeCalendars
from services.marketdata.adapters.feed_postgres import PostgresLedger
from services.marketdata.adapters.mirror_postgres import PostgresJournal
from services.marketdata.adapters.points_influx import LoggedReport
from services.marketdata.adapters.prices_postgres import PostgresPrices
from services.marketdata.adapters.timer_asyncio import AsyncioTimer
from services.marketdata.app.alternative_ports import AlternativeRecords
from services.marketdata.app.feed_ports import Incoming
from services.marketdata.app.mirror import Mirror
from services.marketdata.app.ports import Delivery
from services.marketdata.app.process_alternative import ProcessAlternative
from services.marketdata.app.process_records import ProcessRecords
from services.marketdata.domain.alternative.records import Document, DocumentKind
from services.marketdata.domain.alternative.sentiment import Sentiment
from services.marketdata.domain.dataset import Caller, Visibility
from services.marketdata.domain.feed.records import SECOND, Stream
from tests.marketdata.builders import read
from tests.walls import background

MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
SYMBOLS = ("AAPL", "MSFT")
COUNT = "SELECT count(price), sum(price) FROM raw.prices"
ALL = 'SELECT * FROM "{0}".prices, "{0}".sentiment'
CANDLES = "SELECT open, high, low, close, volume FROM \"{}\".prices WHERE dataset = '{}' GROUP BY symbol"
WRITING = "SELECT count(*) FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
WRITING += " AND datname = current_database()"
NONE_UNDER_WAY = "SELECT pg_snapshot_xmin(s) = pg_snapshot_xmax(s) FROM pg_current_snapshot() AS s"
BARS = (
    "SELECT s.symbol, b.start, b.open, b.high, b.low, b.close, b.volume FROM tick_bars b"
    " JOIN series s ON s.id = b.series_id WHERE s.dataset_id = $1 AND width = $2 AND superseded_at = 'infinity'"
)


class Scorer:
    """good is 1, all else 0."""

    def score(self, text):
        return Sentiment(1.0 if "good" in text else 0.0, 0.5)


class World:
    """Datasets, feeds into them, and a mirror into a database of the test's own."""

    def __init__(self, settings, pool, influx, points):
        self.settings, self.pool, self.influx, self.points = settings, pool, influx, points
        self.clock, self.ids = SystemClock(), Uuid7Ids()
        self.process = ProcessRecords(self.clock, self.ids, ExchangeCalendars())
        self.journal = PostgresJournal(pool)
        self.mirror = Mirror(self.journal, points, self.clock, AsyncioTimer(), LoggedReport())
        self.dataset = ""

    async def new_dataset(self, name="prices"):
        owner, table = Caller(self.ids.new(), self.ids.new()), read("date,AAPL,MSFT\n2024-01-02,10,20\n").prices
        delivery = Delivery(owner, name, Visibility.PRIVATE, "USD", table, self.clock.now())
        await PostgresPrices(self.pool, self.ids).store(delivery, keep=True)
        async with background(self.pool) as db:
            self.dataset = await db.fetchval("SELECT id::text FROM datasets ORDER BY id DESC LIMIT 1")
        return self.dataset

    async def take(self, *rows, symbol="AAPL", source="replay", number=0):
        """Ticks of (price, ns since 1970), or (price, ns, size)."""
        stream = Stream(self.dataset, symbol, source)
        price, at, size = ([row[n] if n < len(row) else 1.0 for row in rows] for n in range(3))
        numbers = list(range(number, number + len(rows))) if number else [0] * len(rows)
        async with background(self.pool) as db:
            message = Incoming(stream, "", at, price, size, numbers)
            await self.process(PostgresLedger(db), range(12), [message])

    async def write_about(self, identity, text, at, channel="investing", upvotes=None, symbols=SYMBOLS, seen=True):
        document = Document(identity, DocumentKind.POST, channel, text, "", "", at, upvotes, symbols)
        async with background(self.pool) as db:
            message = AlternativeRecords(self.dataset, "reddit", [document], ())
            await ProcessAlternative(Scorer(), self.clock)(PostgresAlternativeLedger(db), [message])
        # Any transaction on the server, of autovacuum say, keeps it from being seen.
        if seen:
            await until(partial(self.pool.fetchval, NONE_UNDER_WAY))

    async def drain(self):
        """Lay out, then turn until there is nothing new; how many turns that took."""
        await self.mirror.lay_out()
        return await self.turns()

    async def turns(self):
        count = 0
        while await self.mirror.turn():
            count += 1
        return count

    def read(self, text):
        return self.influx.query(text, self.points._database)

    def count(self):
        return next((row["count"] for row in self.read(COUNT)), 0)

    async def has(self, ticks):
        """Whether it is kept that so many ticks were mirrored."""
        return await self.pool.fetchval("SELECT coalesce(sum(seq), 0)::bigint FROM mirror_series") >= ticks


async def until(ask):
    async with asyncio.timeout(60):
        while not await ask():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)
