"""Ticks taken in: CPU per tick of the process that judges, stores, rolls up and shows them, and of PostgreSQL.

The bus is full before the clock starts. `m20`: each message has 20 ticks of a symbol, as a feed that flushes every two
seconds sends; `m100` a history that is caught up with; `m1` one tick a message.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from prometheus_client import CollectorRegistry

from benchmarks import cpu
from benchmarks.figures import Figure
from chassis.batches import BatchConsumer, BatchMeter
from chassis.buses import open_bus
from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.postgres import prepare
from services.marketdata.__main__ import MIGRATIONS
from services.marketdata.adapters.calendars_exchange import ExchangeCalendars
from services.marketdata.adapters.records_bus import CONSUMER, MARKET_DATA, RecordsBus, Room, processing
from services.marketdata.adapters.ticks_redis import open_redis
from services.marketdata.app.feed_ports import Incoming
from services.marketdata.app.ports import Delivery
from services.marketdata.app.process_records import ProcessRecords
from services.marketdata.domain.dataset import Caller, Visibility
from services.marketdata.domain.feed.records import SECOND, Stream
from services.marketdata.domain.prices import Prices
from services.marketdata.settings import MarketDataSettings
from services.marketdata.wiring import ports
from stack.postgres import Postgres
from stack.process import running
from stack.redis import Redis

# Symbols and ticks per message.
SHAPES = ((500, 20), (20, 100), (500, 1))
_ROUND = 20_000  # ticks on the bus at once


def figures(ticks: int) -> Iterator[Figure]:
    """Per shape: CPU per tick of ours, of PostgreSQL and of Redis."""
    for symbols, together in SHAPES:
        yield from asyncio.run(_measured(symbols, together, ticks))


async def _measured(symbols: int, together: int, ticks: int) -> list[Figure]:
    ours = postgres = redis = 0.0
    async with _stage(symbols) as stage:
        sent = 0
        while sent < ticks:
            sent += await stage.fill(together)
            before = cpu.seconds([stage.postgres]), cpu.seconds([stage.redis]), time.process_time()
            while await stage.processor.turn() or await stage.processor.turn():
                continue
            after = cpu.seconds([stage.postgres]), cpu.seconds([stage.redis]), time.process_time()
            postgres, redis, ours = (
                total + b - a for total, a, b in zip((postgres, redis, ours), before, after, strict=True)
            )
        stored = await stage.stored()
    if stored != sent:
        raise RuntimeError(f"{stored} of {sent} ticks were stored")
    name = f"marketdata.ingest.n{symbols}_m{together}"
    costs = {"cpu_per_tick": ours, "postgres_cpu_per_tick": postgres, "redis_cpu_per_tick": redis}
    return [Figure(f"{name}.{what}", 1e6 * cost / sent, "us") for what, cost in costs.items()]


class Boundless(Room):
    """Lets nobody wait: the bus is filled while nobody reads, and holds it."""

    async def wait(self) -> None:
        """Return at once."""


@dataclass(slots=True)
class _Stage:
    """A processor with real stores, and a feed."""

    processor: BatchConsumer
    bus: RecordsBus
    dataset_id: str
    symbols: list[str]
    pool: Any
    postgres: int  # process ids
    redis: int
    chance: np.random.Generator
    sent: int = 0

    async def fill(self, together: int) -> int:
        """Puts a round of ticks on the bus."""
        pieces = max(1, _ROUND // (together * len(self.symbols)))
        now = time.time_ns()
        messages = []
        for piece in range(pieces):
            number = [self.sent + piece * together + each + 1 for each in range(together)]
            at = [now - SECOND + 1000 * each for each in range(piece * together, (piece + 1) * together)]
            for symbol in self.symbols:
                price = (100 * np.exp(np.cumsum(self.chance.normal(0, 1e-5, together)))).tolist()
                messages.append(
                    Incoming(Stream(self.dataset_id, symbol, "bench"), "", at, price, [1.0] * together, number)
                )
        self.sent += pieces * together
        for first in range(0, len(messages), 500):
            await self.bus.send(messages[first : first + 500])
        return pieces * together * len(self.symbols)

    async def stored(self) -> int:
        """How many ticks there are."""
        return int(await self.pool.fetchval("SELECT count(*) FROM ticks"))


@asynccontextmanager
async def _stage(count: int) -> AsyncIterator[_Stage]:
    with tempfile.TemporaryDirectory(prefix="qpo-ingest-") as name:
        folder = Path(name)
        postgres = Postgres(folder / "postgres", folder / "p", durable=True)
        redis = Redis(folder / "redis", folder / "r")
        with running(postgres, folder / "postgres.log"), running(redis, folder / "redis.log"):
            url = postgres.url()
            given: dict[str, Any] = {"port": 0, "metrics_port": 0, "auth_address": "unix:/nowhere"}
            given |= {"redis_url": redis.url, "page_token_key_file": folder / "key"}
            given |= {"database_url": url.replace("postgres@", "qpo_marketdata@"), "migration_url": url}
            settings = MarketDataSettings(**given)
            clock, ids = SystemClock(), Uuid7Ids()
            async with (
                await prepare(settings, "marketdata", MIGRATIONS) as pool,
                open_redis(redis.url) as ticks,
                open_bus(redis.url) as bus,
            ):
                on = ports(pool, ticks, bus, settings.ticks_kept)
                await pool.execute("SELECT keep_feed($1)", time.time_ns())
                symbols = [f"S{number:03d}" for number in range(count)]
                dataset_id = await _dataset(on, symbols)
                wanted = processing(ProcessRecords(clock, ids, ExchangeCalendars()), on.bus)
                processor = BatchConsumer(pool, bus, wanted, BatchMeter(CollectorRegistry()))
                await processor.begin()
                yield _Stage(
                    processor=processor,
                    bus=RecordsBus(bus, clock, ids, Boundless(pool, bus, CONSUMER, MARKET_DATA)),
                    dataset_id=dataset_id,
                    symbols=symbols,
                    pool=pool,
                    postgres=_pid("postgres", folder),
                    redis=_pid("redis-server", folder),
                    chance=np.random.default_rng(1),
                )


async def _dataset(on: Any, symbols: list[str]) -> str:
    who = Caller(str(uuid.uuid4()), str(uuid.uuid4()))
    count = len(symbols)
    session = np.full(count, date(2024, 1, 2).toordinal(), np.int32)
    prices = Prices(tuple(symbols), np.arange(count, dtype=np.int32), session, np.full((count, 6), 100.0))
    delivery = Delivery(who, "bench", Visibility.PRIVATE, "USD", prices, datetime.now(UTC))
    await on.prices.store(delivery, keep=True)
    return str((await on.datasets.find(who, "bench")).id)


def _pid(program: str, folder: Path) -> int:
    """The head of the processes of a program that were told of this folder."""
    found: list[int] = [
        process.pid
        for process in psutil.process_iter(["name", "cmdline"])
        if (process.info["name"] or "").startswith(program) and str(folder) in " ".join(process.info["cmdline"] or ())
    ]
    return min(found)
