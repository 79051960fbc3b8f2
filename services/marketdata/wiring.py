"""The use cases' ports, and what runs beside the calls, on their adapters."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry

from chassis.batches import BatchConsumer, BatchMeter
from chassis.bus import Bus
from chassis.cache import Layers
from chassis.clock import SystemClock
from chassis.consumers import Consumer
from chassis.ids import Uuid7Ids
from chassis.relay import Relay
from services.marketdata.adapters.bars_postgres import PostgresBars
from services.marketdata.adapters.closes_cached import CachedCloses
from services.marketdata.adapters.datasets_postgres import PostgresDatasets
from services.marketdata.adapters.instruments_postgres import PostgresInstruments
from services.marketdata.adapters.parquet_pyarrow import PyarrowParquet
from services.marketdata.adapters.prices_postgres import PostgresPrices
from services.marketdata.adapters.quality_postgres import PostgresQuality
from services.marketdata.adapters.records_bus import RecordsBus, Room, processing
from services.marketdata.adapters.replays_postgres import PostgresReplays
from services.marketdata.adapters.tick_bars_postgres import PostgresTickBars
from services.marketdata.adapters.ticks_redis import RedisTicks
from services.marketdata.adapters.timer_asyncio import AsyncioTimer
from services.marketdata.adapters.user_events import departures
from services.marketdata.app.list_closes import UnknownCloses
from services.marketdata.app.process_records import ProcessRecords
from services.marketdata.app.upkeep import keep_tidy, with_room
from services.marketdata.rpc.use_cases import Ports

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from chassis.postgres import Pool

Job = Callable[[], Coroutine[Any, Any, None]]


def ports(  # noqa: PLR0917 - what a service stands on
    pool: Pool,
    redis: Redis,
    bus: Bus,
    ticks_kept: int,
    committed: Callable[[], None] = lambda: None,
    layers: Layers | None = None,
) -> Ports:
    """PostgreSQL, Redis and the machine's own clock as what the use cases need; `committed` follows every event."""
    clock, ids = SystemClock(), Uuid7Ids()
    return Ports(
        datasets=PostgresDatasets(pool),
        instruments=PostgresInstruments(pool, committed),
        prices=PostgresPrices(pool, ids, committed),
        bars=PostgresBars(pool),
        known=CachedCloses(layers) if layers else UnknownCloses(),
        replays=PostgresReplays(pool, committed),
        bus=RedisTicks(redis, clock, ids, ticks_kept),
        feed=RecordsBus(bus, clock, ids, Room(pool, bus)),
        tick_bars=PostgresTickBars(pool),
        quality=PostgresQuality(pool),
        parquet=PyarrowParquet(),
        clock=clock,
        timer=AsyncioTimer(),
        ids=ids,
    )


def beside(on: Ports, relay: Relay, pool: Pool, bus: Bus, registry: CollectorRegistry) -> list[Job]:
    """What runs beside the calls: upkeep, the relay of events, the end of what departed users had, feeds taken in."""
    leavers = Consumer(pool, bus, departures(on.bus.forget, relay.wake))
    feeds = processing(ProcessRecords(on.clock, on.ids), on.bus)
    processor = BatchConsumer(pool, bus, feeds, BatchMeter(registry))
    retention = PostgresTickBars(pool)
    upkeep = partial(keep_tidy, on.replays, retention, on.clock, on.timer)
    return [upkeep, relay.run, leavers.run, partial(with_room, retention, on.clock, on.timer, processor.run)]
