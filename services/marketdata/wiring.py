"""The use cases' ports, and what runs beside the calls, on their adapters."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from random import SystemRandom
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry

from chassis.backlog import Backlog
from chassis.batches import BatchConsumer, BatchMeter
from chassis.bus import Bus
from chassis.cache import Layers
from chassis.clock import SystemClock
from chassis.consumers import Consumer
from chassis.departed import Presence
from chassis.ids import Uuid7Ids
from chassis.logging import logger
from chassis.patience import Patience
from chassis.postgres import AWAY
from chassis.relay import Relay
from services.marketdata.adapters.actions_postgres import PostgresActions
from services.marketdata.adapters.alternative_bus import ALTERNATIVE_DATA, BusOfAlternativeData, taking_in
from services.marketdata.adapters.alternative_bus import CONSUMER as ALTERNATIVE_CONSUMER
from services.marketdata.adapters.alternative_postgres import PostgresAlternative
from services.marketdata.adapters.archive_parquet import ParquetArchive
from services.marketdata.adapters.archive_postgres import PostgresBarJournal, PostgresStoredBars
from services.marketdata.adapters.archived_bars import ArchivedBars, BarsOfAllTimes
from services.marketdata.adapters.bars_postgres import PostgresBars
from services.marketdata.adapters.calendars_exchange import ExchangeCalendars
from services.marketdata.adapters.closes_cached import CachedCloses
from services.marketdata.adapters.datasets_postgres import PostgresDatasets
from services.marketdata.adapters.instruments_postgres import PostgresInstruments
from services.marketdata.adapters.mirror_postgres import PostgresJournal
from services.marketdata.adapters.objects_obstore import open_objects
from services.marketdata.adapters.parquet_pyarrow import PyarrowParquet
from services.marketdata.adapters.points_influx import InfluxPoints, LoggedReport
from services.marketdata.adapters.prices_postgres import PostgresPrices
from services.marketdata.adapters.quality_postgres import PostgresQuality
from services.marketdata.adapters.records_bus import CONSUMER, MARKET_DATA, RecordsBus, Room, processing
from services.marketdata.adapters.replays_postgres import PostgresReplays
from services.marketdata.adapters.sentiment_textblob import TextBlobScorer
from services.marketdata.adapters.tick_bars_of_all_times import TickBarsOfAllTimes
from services.marketdata.adapters.tick_bars_postgres import PostgresTickBars
from services.marketdata.adapters.ticks_redis import RedisTicks
from services.marketdata.adapters.timer_asyncio import AsyncioTimer
from services.marketdata.adapters.user_events import departures
from services.marketdata.adapters.vendor_feeds_postgres import PostgresAllowances, PostgresFeeds
from services.marketdata.adapters.vendors import alpha_vantage, fmp, fred, news_api, reddit
from services.marketdata.adapters.vendors.asking import Asking, Explain, VendorClient
from services.marketdata.app.archive import Archive, ObjectStore
from services.marketdata.app.feed_ports import TickBars
from services.marketdata.app.list_closes import UnknownCloses
from services.marketdata.app.mirror import Mirror
from services.marketdata.app.process_alternative import ProcessAlternative
from services.marketdata.app.process_records import ProcessRecords
from services.marketdata.app.pull_feeds import Outlets, PullFeeds
from services.marketdata.app.upkeep import keep_tidy, with_room
from services.marketdata.app.vendor_ports import Access, Vendor, Vendors
from services.marketdata.domain.feed.allowance import Problem, Rate
from services.marketdata.domain.feed.pulls import Pull
from services.marketdata.rpc.use_cases import Ports
from services.marketdata.settings import ArchiveSettings, PointsSettings, VendorSettings

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
    vendors: Vendors | None = None,
    objects: ObjectStore | None = None,
) -> Ports:
    """PostgreSQL, Redis and the machine's own clock as what the use cases need; `committed` follows every event."""
    clock, ids = SystemClock(), Uuid7Ids()
    tick_bars: TickBars = PostgresTickBars(pool)
    if objects is not None:
        archived = ArchivedBars(PostgresBarJournal(pool), objects)
        tick_bars = TickBarsOfAllTimes(tick_bars, BarsOfAllTimes(PostgresStoredBars(pool), archived), clock)
    return Ports(
        datasets=PostgresDatasets(pool),
        instruments=PostgresInstruments(pool, committed),
        prices=PostgresPrices(pool, ids, committed),
        bars=PostgresBars(pool),
        known=CachedCloses(layers) if layers else UnknownCloses(),
        replays=PostgresReplays(pool, committed),
        bus=RedisTicks(redis, clock, ids, ticks_kept),
        feed=RecordsBus(bus, clock, ids, Room(pool, bus, CONSUMER, MARKET_DATA)),
        tick_bars=tick_bars,
        quality=PostgresQuality(pool),
        actions=PostgresActions(pool, committed),
        alternative=PostgresAlternative(pool),
        alternative_feed=BusOfAlternativeData(bus, clock, ids, Room(pool, bus, ALTERNATIVE_CONSUMER, ALTERNATIVE_DATA)),
        feeds=PostgresFeeds(pool),
        allowances=PostgresAllowances(pool),
        vendors=vendors or Vendors(),
        parquet=PyarrowParquet(),
        clock=clock,
        timer=AsyncioTimer(),
        ids=ids,
        presence=Presence(pool),
    )


def beside(  # noqa: PLR0917 - what it all stands on
    on: Ports, relay: Relay, pool: Pool, bus: Bus, registry: CollectorRegistry, objects: ObjectStore | None = None
) -> list[Job]:
    """What runs beside the calls: upkeep, the relay of events, the end of what departed users had, feeds taken in."""
    leavers = Consumer(pool, bus, departures(on.bus.forget, relay.wake))
    feeds = processing(ProcessRecords(on.clock, on.ids, ExchangeCalendars()), on.bus)
    meter = BatchMeter(registry)
    processor = BatchConsumer(pool, bus, feeds, meter)
    documents = taking_in(ProcessAlternative(TextBlobScorer(), on.clock))
    retention = PostgresTickBars(pool, archiving=objects is not None)
    upkeep = partial(keep_tidy, on.replays, retention, on.clock, on.timer)
    return [
        upkeep,
        relay.run,
        leavers.run,
        Backlog(pool, bus, registry, meter).run,
        partial(with_room, retention, on.clock, on.timer, processor.run),
        BatchConsumer(pool, bus, documents, meter).run,
        partial(_asking, pulling(on)),
        *([] if objects is None else [partial(_archiving, on, pool, objects)]),
    ]


def objects_of(s: ArchiveSettings) -> ObjectStore | None:
    """Where bars are archived, if anywhere."""
    if s.archive_url is None:
        return None
    return open_objects(
        s.archive_url,
        endpoint=s.archive_endpoint,
        region=s.archive_region,
        access_key_id=s.archive_access_key_id,
        secret_access_key=s.archive_secret_access_key,
    )


async def _archiving(on: Ports, pool: Pool, objects: ObjectStore) -> None:
    """Until cancelled; while PostgreSQL is away nothing is due."""

    def report(event: str, told: dict[str, object]) -> None:
        log = logger().info if event in ("archive_back", "day_archived") else logger().warning
        log(event, **told)

    archive = Archive(PostgresBarJournal(pool), objects, ParquetArchive(), on.clock, on.timer, report)
    patience = Patience("archive")
    while True:
        async with patience.bearing(*AWAY):
            await archive.run()
            return


def mirroring(on: Ports, pool: Pool, settings: PointsSettings) -> list[Job]:
    """Mirrors what is stored into an InfluxDB, if there is one."""
    return [] if settings.influx_url is None else [partial(_mirroring, on, pool, settings, settings.influx_url)]


async def _mirroring(on: Ports, pool: Pool, settings: PointsSettings, url: str) -> None:
    """Until cancelled; while PostgreSQL is away there is nothing to mirror."""
    journal, patience = PostgresJournal(pool), Patience("mirror")
    async with InfluxPoints(url, settings.influx_database, settings.influx_user, settings.influx_password) as points:
        mirror = Mirror(journal, points, on.clock, on.timer, LoggedReport())
        while True:
            async with patience.bearing(*AWAY):
                await journal.prepare()
                await mirror.run()
                return


def pulling(on: Ports) -> PullFeeds:
    """Asks vendors for what is due."""
    outlets = Outlets(on.datasets, on.prices, on.actions, on.feed, on.alternative_feed)
    of = (on.feeds, on.allowances, on.vendors, outlets, on.clock, on.timer)
    return PullFeeds(*of, SystemRandom().random, _report)


async def _asking(pull: PullFeeds) -> None:
    """Until cancelled; while PostgreSQL is away nobody is asked."""
    patience = Patience("pull_feeds")
    while True:
        async with patience.bearing(*AWAY):
            await pull.run()
            return


def _report(pull: Pull, problem: Problem, what: str) -> None:
    feed, symbol = pull.feed, pull.target.symbol
    told = {"source": feed.source, "kind": feed.kind.name, "dataset_id": feed.dataset_id, "symbol": symbol}
    logger().warning("vendor_fault", problem=problem.name, what=what, **told)


def vendors_of(settings: VendorSettings, client: VendorClient) -> Vendors:
    """The sources as this installation can ask them; one without its keys cannot be."""
    clock, s = SystemClock(), settings

    def at(url: str, explain: Explain | None = None) -> Asking:
        return Asking(client, url, clock, explain)

    def access(name: str, settings: Sequence[str], vendor: Vendor | None) -> Access:
        return Access(
            Rate(getattr(s, f"{name}_calls_per_minute"), getattr(s, f"{name}_calls_per_day")), settings, vendor
        )

    made: dict[str, tuple[Sequence[str], Vendor | None]] = {
        "alpha_vantage": (
            alpha_vantage.SETTINGS,
            None if (key := s.alpha_vantage_key) is None else alpha_vantage.AlphaVantage(at(s.alpha_vantage_url), key),
        ),
        "fmp": (fmp.SETTINGS, None if (key := s.fmp_key) is None else fmp.Fmp(at(s.fmp_url, fmp.explained), key)),
        "fred": (
            fred.SETTINGS,
            None if (key := s.fred_key) is None else fred.Fred(at(s.fred_url, fred.explained), key),
        ),
        "news_api": (
            news_api.SETTINGS,
            None if (key := s.news_api_key) is None else news_api.NewsApi(at(s.news_api_url, news_api.explained), key),
        ),
        "reddit": (
            reddit.SETTINGS,
            None
            if (key := s.reddit_client_id) is None or (secret := s.reddit_client_secret) is None
            else reddit.Reddit(at(s.reddit_url, reddit.explained), s.reddit_token_url, key, secret),
        ),
    }
    return Vendors({name: access(name, *known) for name, known in made.items()})
