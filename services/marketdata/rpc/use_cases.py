"""What the service can do, made of the ports that it is given."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from services.marketdata.app.alternative import IngestDocuments, ListDocuments, ListFigures, ListSentiment
from services.marketdata.app.alternative_ports import Alternative, SentimentPoint
from services.marketdata.app.corporate_actions import (
    Actions,
    Adjusting,
    ListCorporateActions,
    UpdateCorporateActions,
)
from services.marketdata.app.export_my_data import ExportMyData, Presence
from services.marketdata.app.feed_ports import FeedBus, Quality, TickBars
from services.marketdata.app.feeds import ListFeeds, ListSources, StartFeed, StopFeed
from services.marketdata.app.get_replay import GetReplay
from services.marketdata.app.get_returns import GetReturns
from services.marketdata.app.hub import Hubs
from services.marketdata.app.ingest_prices import IngestPrices
from services.marketdata.app.ingest_ticks import IngestTicks
from services.marketdata.app.list_bars import ListBars
from services.marketdata.app.list_closes import ListCloses
from services.marketdata.app.list_datasets import ListDatasets
from services.marketdata.app.list_instruments import ListInstruments
from services.marketdata.app.list_tick_bars import ListTickBars
from services.marketdata.app.player import Player
from services.marketdata.app.ports import (
    Bars,
    Clock,
    Datasets,
    Ids,
    InstrumentStore,
    KnownCloses,
    ParquetReader,
    PriceStore,
    Replays,
    TickBus,
    Timer,
)
from services.marketdata.app.quality import GetQualityReport, GetQualityRules, ListQuarantine, UpdateQualityRules
from services.marketdata.app.release_quarantined import ReleaseQuarantined
from services.marketdata.app.start_replay import StartReplay
from services.marketdata.app.stop_replay import StopReplay
from services.marketdata.app.subscribe_changes import SubscribeChanges
from services.marketdata.app.subscribe_ticks import SubscribeTicks
from services.marketdata.app.update_instruments import UpdateInstruments
from services.marketdata.app.vendor_ports import Allowances, AlternativeBus, Feeds, Vendors
from services.marketdata.domain.feed.bars import TickBar


@dataclass(frozen=True, slots=True)
class Ports:
    """What the use cases stand on."""

    datasets: Datasets
    instruments: InstrumentStore
    prices: PriceStore
    bars: Bars
    known: KnownCloses
    replays: Replays
    bus: TickBus
    feed: FeedBus
    tick_bars: TickBars
    quality: Quality
    actions: Actions
    alternative: Alternative
    alternative_feed: AlternativeBus
    feeds: Feeds
    allowances: Allowances
    vendors: Vendors
    parquet: ParquetReader
    clock: Clock
    timer: Timer
    ids: Ids
    presence: Presence


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of everything; `idle` and `grace` in s, `kept` in batches of ticks."""

    upload_bytes: int = 32 * 1024 * 1024
    kept: int = 4096
    idle: float = 15.0
    grace: float = 10.0
    subscriptions: int = 100
    replays: int = 5


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the service can do, and the player that must be stopped with it."""

    ingest_prices: IngestPrices
    list_datasets: ListDatasets
    list_instruments: ListInstruments
    update_instruments: UpdateInstruments
    update_corporate_actions: UpdateCorporateActions
    list_corporate_actions: ListCorporateActions
    list_bars: ListBars
    list_closes: ListCloses
    get_returns: GetReturns
    subscribe_ticks: SubscribeTicks
    start_replay: StartReplay
    get_replay: GetReplay
    stop_replay: StopReplay
    ingest_ticks: IngestTicks
    list_tick_bars: ListTickBars
    subscribe_bars: SubscribeChanges[TickBar]
    get_quality_report: GetQualityReport
    get_quality_rules: GetQualityRules
    update_quality_rules: UpdateQualityRules
    list_quarantine: ListQuarantine
    release_quarantined: ReleaseQuarantined
    list_sources: ListSources
    start_feed: StartFeed
    list_feeds: ListFeeds
    stop_feed: StopFeed
    ingest_documents: IngestDocuments
    list_documents: ListDocuments
    list_sentiment: ListSentiment
    subscribe_sentiment: SubscribeChanges[SentimentPoint]
    list_figures: ListFigures
    export_my_data: ExportMyData
    player: Player

    @classmethod
    def over(cls, on: Ports, limits: Limits) -> UseCases:
        """All of them on the given ports."""
        adjusting, held = Adjusting(on.actions), Counter[str]()  # subscriptions of each user, of all kinds together
        following = (on.timer, limits.idle, limits.subscriptions, held)
        hubs = Hubs(on.bus, on.timer, limits.kept, limits.idle, limits.grace)
        player = Player(on.bars, on.bus, on.replays, on.timer)
        start = StartReplay(on.datasets, on.bars, on.replays, on.bus, player, on.clock, on.ids, limits.replays)
        return cls(
            ingest_prices=IngestPrices(on.datasets, on.prices, on.parquet, on.clock, limits.upload_bytes),
            list_datasets=ListDatasets(on.datasets),
            list_instruments=ListInstruments(on.datasets),
            update_instruments=UpdateInstruments(on.datasets, on.instruments, on.clock),
            update_corporate_actions=UpdateCorporateActions(on.datasets, on.actions, on.clock),
            list_corporate_actions=ListCorporateActions(on.datasets, on.actions),
            list_bars=ListBars(on.datasets, on.bars, adjusting),
            list_closes=ListCloses(on.datasets, on.bars, on.known),
            get_returns=GetReturns(on.datasets, on.bars),
            subscribe_ticks=SubscribeTicks(on.datasets, hubs, on.timer, limits.subscriptions, held),
            start_replay=start,
            get_replay=GetReplay(on.replays),
            stop_replay=StopReplay(on.replays, player),
            ingest_ticks=IngestTicks(on.datasets, on.feed),
            list_tick_bars=ListTickBars(on.datasets, on.tick_bars, adjusting),
            subscribe_bars=SubscribeChanges(on.datasets, on.tick_bars, *following),
            get_quality_report=GetQualityReport(on.datasets, on.quality),
            get_quality_rules=GetQualityRules(on.datasets, on.quality),
            update_quality_rules=UpdateQualityRules(on.datasets, on.quality),
            list_quarantine=ListQuarantine(on.datasets, on.quality),
            release_quarantined=ReleaseQuarantined(on.datasets, on.quality, on.feed, on.clock),
            list_sources=ListSources(on.vendors, on.allowances, on.clock),
            start_feed=StartFeed(on.datasets, on.feeds, on.vendors, on.clock),
            list_feeds=ListFeeds(on.datasets, on.feeds),
            stop_feed=StopFeed(on.datasets, on.feeds),
            ingest_documents=IngestDocuments(on.datasets, on.alternative_feed),
            list_documents=ListDocuments(on.datasets, on.alternative),
            list_sentiment=ListSentiment(on.datasets, on.alternative),
            subscribe_sentiment=SubscribeChanges(on.datasets, on.alternative, *following),
            list_figures=ListFigures(on.datasets, on.alternative),
            export_my_data=ExportMyData(
                on.presence,
                ListDatasets(on.datasets),
                ListInstruments(on.datasets),
                ListBars(on.datasets, on.bars, adjusting),
                ListCorporateActions(on.datasets, on.actions),
                GetQualityRules(on.datasets, on.quality),
                ListTickBars(on.datasets, on.tick_bars, adjusting),
                ListDocuments(on.datasets, on.alternative),
            ),
            player=player,
        )
