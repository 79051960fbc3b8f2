"""A symbol-year of 1-minute bars, among twenty symbols: read from the archive, and as many programs read a table.

The bars go from PostgreSQL into the archive as the service takes them there. Then each is read in turn: the archive in
columns; and a table of the same rows with an index, by SQLAlchemy Core and psycopg, row by row into objects. CPU is
that of this process and of PostgreSQL together.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import sqlalchemy as sa

from benchmarks import cpu
from benchmarks.figures import Figure
from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.postgres import prepare
from services.marketdata.__main__ import MIGRATIONS
from services.marketdata.adapters.archive_parquet import ParquetArchive
from services.marketdata.adapters.archive_postgres import PostgresBarJournal
from services.marketdata.adapters.archived_bars import ArchivedBars, Asked, BarColumns
from services.marketdata.adapters.copy_binary import encoded, pieces
from services.marketdata.adapters.datasets_postgres import PostgresDatasets
from services.marketdata.adapters.feed_postgres import BARS
from services.marketdata.adapters.objects_obstore import open_objects
from services.marketdata.adapters.prices_postgres import PostgresPrices
from services.marketdata.adapters.timer_asyncio import AsyncioTimer
from services.marketdata.app.archive import Archive, BarDay
from services.marketdata.app.ports import Delivery
from services.marketdata.domain.dataset import Caller, Visibility
from services.marketdata.domain.feed.bars import TickBar
from services.marketdata.domain.feed.records import SECOND
from services.marketdata.domain.prices import Prices
from services.marketdata.settings import MarketDataSettings
from stack.postgres import Postgres
from stack.process import running

SYMBOLS, MINUTES, ROUNDS = 20, 390, 7
_MINUTE = 60 * SECOND
_OPEN = 14 * 60 + 30  # minutes into the day, UTC
_TABLE = sa.Table(
    "minute_bars",
    sa.MetaData(),
    sa.Column("symbol", sa.Text),
    sa.Column("start", sa.BigInteger),
    *(sa.Column(name, sa.Double) for name in ("open", "high", "low", "close", "volume")),
    sa.Column("ticks", sa.BigInteger),
    sa.Column("knowledge_time", sa.DateTime(timezone=True)),
    sa.Column("superseded_at", sa.DateTime(timezone=True)),
)
_FILL = """
INSERT INTO minute_bars
SELECT s.symbol, b.start, b.open, b.high, b.low, b.close, b.volume, b.ticks, b.knowledge_time, b.superseded_at
FROM marketdata.tick_bars b JOIN marketdata.series s ON s.id = b.series_id ORDER BY b.start, s.symbol
"""


def figures(days: int) -> Iterator[Figure]:
    """What a symbol's bars of so many days take to be read, both ways, and what the archive takes to be written."""
    yield from asyncio.run(_measured(days))


@dataclass(slots=True)
class _Stage:
    """Bars in PostgreSQL, as the service and as others keep them, and an archive in a folder."""

    archive: Archive
    bars: ArchivedBars
    engine: sa.Engine
    postgres: int  # process id
    dataset_id: str
    symbols: list[str]
    days: list[date]
    folder: Path

    @contextmanager
    def timed(self) -> Iterator[dict[str, float]]:
        """Fills in the CPU and the time of a block, in s; to ask how much PostgreSQL used takes some itself."""
        spent = dict[str, float]()
        theirs, ours, begun = cpu.seconds([self.postgres]), time.process_time(), time.perf_counter()
        yield spent
        spent["wall"], spent["cpu"] = time.perf_counter() - begun, time.process_time() - ours
        spent["cpu"] += cpu.seconds([self.postgres]) - theirs

    def asked(self, symbol: str) -> Asked:
        first, last = (BarDay(day, 60, self.dataset_id) for day in (self.days[0], self.days[-1]))
        return Asked(self.dataset_id, [symbol], 60, first.start, last.end)

    def rows(self, symbol: str) -> list[TickBar]:
        """Row by row."""
        asked, columns = self.asked(symbol), _TABLE.columns
        wanted = sa.select(*columns[:-1]).where(
            columns.symbol == symbol,
            columns.start >= asked.start,
            columns.start < asked.end,
            columns.superseded_at > datetime.now(UTC),
        )
        with self.engine.connect() as connection:
            found = list[TickBar]()
            for row in connection.execute(wanted.order_by(columns.start)):
                prices = (row.open, row.high, row.low, row.close, row.volume)
                found.append(TickBar(row.symbol, row.start, *prices, row.ticks, row.knowledge_time))
            return found


async def _measured(days: int) -> list[Figure]:
    name, bars = "marketdata.range_read", days * SYMBOLS * MINUTES
    ours, theirs = list[dict[str, float]](), list[dict[str, float]]()
    async with _stage(days) as stage:
        with stage.timed() as writing:
            while await stage.archive.turn(datetime.now(UTC)):
                continue
        size = sum(path.stat().st_size for path in stage.folder.rglob("*.parquet"))
        for symbol in stage.symbols[:ROUNDS]:
            with stage.timed() as spent:
                columns = await stage.bars.range_of(stage.asked(symbol))
            ours.append(spent)
            with stage.timed() as spent:
                rows = stage.rows(symbol)
            theirs.append(spent)
            _agree(columns, rows, days)
    found = [
        Figure(f"{name}_archive.bytes_per_bar", size / bars, "1"),
        Figure(f"{name}_archive.written", bars / writing["wall"], "1/s"),
        Figure(f"{name}_archive.cpu_per_written_bar", 1e6 * writing["cpu"] / bars, "us"),
    ]
    for what in ("cpu", "wall"):
        mine, other = (statistics.median(each[what] for each in of) for of in (ours, theirs))
        found += [Figure(f"{name}_archive.{what}", 1e3 * mine, "ms")]
        found += [Figure(f"{name}_sqlalchemy.{what}", 1e3 * other, "ms")]
        found += [Figure(f"{name}_ratio.{what}", other / mine, "x")]
    return found


def _agree(columns: BarColumns, rows: list[TickBar], days: int) -> None:
    mine, other = list(zip(columns.start, columns.close, strict=True)), [(row.start, row.close) for row in rows]
    if len(mine) != days * MINUTES or mine != other:
        raise RuntimeError(f"{len(mine)} bars of the archive and {len(other)} of the table are not the same")


@asynccontextmanager
async def _stage(count: int) -> AsyncIterator[_Stage]:
    with tempfile.TemporaryDirectory(prefix="qpo-range-") as name:
        folder = Path(name)
        postgres = Postgres(folder / "postgres", folder / "p", durable=True)
        with running(postgres, folder / "postgres.log"):
            url = postgres.url()
            given: dict[str, Any] = {"port": 0, "metrics_port": 0, "auth_address": "unix:/nowhere"}
            given |= {"redis_url": "redis://nowhere", "page_token_key_file": folder / "key"}
            given |= {"database_url": url.replace("postgres@", "qpo_marketdata@"), "migration_url": url}
            async with await prepare(MarketDataSettings(**given), "marketdata", MIGRATIONS) as pool:
                today, symbols = datetime.now(UTC).date(), [f"S{number:03d}" for number in range(SYMBOLS)]
                back = (today - timedelta(each) for each in itertools.count(3))
                days = sorted(itertools.islice((day for day in back if day.weekday() < 5), count))
                dataset_id = await _filled(pool, url, symbols, days)
                journal, objects = PostgresBarJournal(pool), open_objects(f"file://{folder}/archive")
                archive = Archive(journal, objects, ParquetArchive(), SystemClock(), AsyncioTimer(), lambda *_: None)
                engine = _engine(url)
                yield _Stage(
                    archive=archive,
                    bars=ArchivedBars(journal, objects),
                    engine=engine,
                    postgres=int((folder / "postgres" / "postmaster.pid").read_text().split(maxsplit=1)[0]),
                    dataset_id=dataset_id,
                    symbols=symbols,
                    days=days,
                    folder=folder / "archive",
                )
                engine.dispose()


async def _filled(pool: Any, url: str, symbols: list[str], days: list[date]) -> str:
    """Writes the bars into the service's table and the other; returns the dataset's id."""
    who = Caller(str(uuid.uuid4()), str(uuid.uuid4()))
    session = np.full(len(symbols), date(2024, 1, 2).toordinal(), np.int32)
    prices = Prices(tuple(symbols), np.arange(len(symbols), dtype=np.int32), session, np.full((len(symbols), 6), 100.0))
    delivery = Delivery(who, "bench", Visibility.PRIVATE, "USD", prices, datetime.now(UTC))
    await PostgresPrices(pool, Uuid7Ids()).store(delivery, keep=True)
    dataset = await PostgresDatasets(pool).find(who, "bench")
    assert dataset is not None
    _partitions(url, [BarDay(day, 60, dataset.id) for day in days])
    made = "INSERT INTO series (dataset_id, symbol, partition) VALUES ($1, $2, 0) RETURNING id"
    ids = np.array([await pool.fetchval(made, dataset.id, symbol) for symbol in symbols])
    chance, names = np.random.default_rng(1), [name for name, _ in BARS]
    async with pool.acquire() as db:
        for day in days:
            columns = _bars(ids, BarDay(day, 60, dataset.id).start, chance)
            data = pieces(encoded(BARS, columns, len(columns["start"])))
            await db.copy_to_table("tick_bars", columns=names, source=data, format="binary")
    _TABLE.create(_engine(url))
    with psycopg.connect(url, autocommit=True) as owner:
        for statement in (_FILL, "CREATE INDEX ON minute_bars (symbol, start)", "VACUUM ANALYZE"):
            owner.execute(statement)
    return dataset.id


def _engine(url: str) -> sa.Engine:
    return sa.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))


def _partitions(url: str, days: list[BarDay]) -> None:
    with psycopg.connect(url) as owner:
        owner.execute("SET search_path TO marketdata")
        for day in days:
            bounds = f"FOR VALUES FROM ({day.start}) TO ({day.end})"
            owner.execute(
                f"CREATE TABLE tick_bars_60_{day.start // (86_400 * SECOND)} PARTITION OF tick_bars_60 {bounds}"
            )


def _bars(ids: Any, midnight: int, chance: np.random.Generator) -> dict[str, Any]:
    """A day's bars by start, as they are closed; prices in cents."""
    count = MINUTES * len(ids)
    walk = 100 * np.exp(np.cumsum(chance.normal(0, 3e-4, (MINUTES, len(ids))), axis=0)).ravel()
    moves = np.abs(chance.normal(0, 0.03, (3, count)))
    opened, closed = walk, walk + moves[0] * chance.choice([-1, 1], count)
    start = midnight + np.repeat((_OPEN + np.arange(MINUTES)) * _MINUTE, len(ids))
    # PostgreSQL counts microseconds from 2000-01-01.
    known = (start + _MINUTE) // 1000 - 946_684_800_000_000 + np.repeat(chance.integers(0, 200_000, MINUTES), len(ids))
    return {
        "series_id": np.tile(ids, MINUTES),
        "width": np.full(count, 60),
        "start": start,
        "open": np.round(opened, 2),
        "high": np.round(np.maximum(opened, closed) + moves[1], 2),
        "low": np.round(np.minimum(opened, closed) - moves[2], 2),
        "close": np.round(closed, 2),
        "volume": chance.integers(1, 50_000, count).astype(float),
        "ticks": chance.integers(1, 400, count),
        "first_at": start + chance.integers(0, 5 * SECOND, count),
        "last_at": start + _MINUTE - chance.integers(1, 5 * SECOND, count),
        "knowledge_time": known,
    }
