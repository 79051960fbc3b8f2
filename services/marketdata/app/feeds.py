"""ListSources, StartFeed, ListFeeds, StopFeed: which vendors are asked for what."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.marketdata.app.access import members, readable, writable
from services.marketdata.app.ports import Clock, Datasets
from services.marketdata.app.vendor_ports import Access, Allowances, Feeds, Vendors
from services.marketdata.domain.dataset import Caller, Dataset
from services.marketdata.domain.errors import FeedNotFound, KindNotOffered, SourceNotConfigured, TargetNamedTwice
from services.marketdata.domain.feed.allowance import Allowance, Rate
from services.marketdata.domain.feed.pulls import Feed, FeedName, Target
from services.marketdata.domain.feed.sources import ASKING, SOURCES, Kind, Source


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source, the installation's way to it, and how it fares."""

    source: Source
    access: Access
    allowance: Allowance
    now: datetime


@dataclass(frozen=True, slots=True)
class ListSources:
    """Lists the sources that can be asked."""

    vendors: Vendors
    allowances: Allowances
    clock: Clock

    async def __call__(self) -> list[SourceStatus]:
        """Return all, by name."""
        known, now = await self.allowances.all(), self.clock.now()
        return [
            SourceStatus(SOURCES[name], access, known.get(name, Allowance()), now)
            for name, access in sorted(self.vendors.access.items())
        ]


@dataclass(frozen=True, slots=True)
class FeedAsked:
    """Which feed to start."""

    dataset: str
    source: str
    kind: Kind
    targets: Sequence[Target]
    every: timedelta | None


@dataclass(frozen=True, slots=True)
class StartFeed:
    """Starts or changes a feed."""

    datasets: Datasets
    feeds: Feeds
    vendors: Vendors
    clock: Clock

    async def __call__(self, caller: Caller, asked: FeedAsked) -> Feed:
        """Return the feed as it is now.

        Raises DatasetNotFound, NotOwner, SourceNotConfigured, KindNotOffered, TargetNamedTwice, InstrumentNotFound.
        """
        dataset = await writable(self.datasets, caller, asked.dataset)
        if asked.kind not in SOURCES[asked.source].kinds:
            raise KindNotOffered(asked.source, [kind.name for kind in SOURCES[asked.source].kinds])
        vendor = self.vendors.of(asked.source)
        if vendor is None:
            raise SourceNotConfigured(asked.source, self.vendors.access[asked.source].settings)
        again = [symbol for symbol, count in Counter(each.symbol for each in asked.targets).items() if count > 1]
        if again:
            raise TargetNamedTwice(again)
        targets = asked.targets
        if ASKING[asked.kind].of_instruments:
            await members(self.datasets, dataset, [target.symbol for target in targets])
        if asked.kind is Kind.NEWS:
            targets = await self._by_name(dataset, targets)
        name = FeedName(dataset.id, asked.source, asked.kind)
        every = asked.every or _lasting(asked.kind, len(targets), vendor[1])
        return await self.feeds.start(caller, name, targets, every, self.clock.now())

    async def _by_name(self, dataset: Dataset, targets: Sequence[Target]) -> list[Target]:
        """News is searched for by what instruments are called, unless it is said otherwise."""
        symbols = [target.symbol for target in targets]
        found = await self.datasets.instruments(dataset, symbols, "", len(symbols))
        names = {instrument.symbol: instrument.name for instrument in found}
        return [
            target if target.vendor_symbol else replace(target, vendor_symbol=names.get(target.symbol, "")[:64])
            for target in targets
        ]


def _lasting(kind: Kind, targets: int, rate: Rate) -> timedelta:
    """How often the kind is asked for, or less often if the day's budget would not last."""
    calls = targets * len(ASKING[kind].parts)
    return max(ASKING[kind].every, timedelta(seconds=math.ceil(86_400 * calls / rate.per_day)))


@dataclass(frozen=True, slots=True)
class ListFeeds:
    """Lists a dataset's feeds."""

    datasets: Datasets
    feeds: Feeds

    async def __call__(self, caller: Caller, dataset: str) -> list[Feed]:
        """Return all, by source, then kind. Raises DatasetNotFound."""
        return await self.feeds.of_dataset(await readable(self.datasets, caller, dataset))


@dataclass(frozen=True, slots=True)
class StopFeed:
    """Stops a feed."""

    datasets: Datasets
    feeds: Feeds

    async def __call__(self, caller: Caller, dataset: str, source: str, kind: Kind) -> Feed:
        """Return the feed as it is now. Raises DatasetNotFound, NotOwner, FeedNotFound."""
        found = await writable(self.datasets, caller, dataset)
        feed = await self.feeds.stop(FeedName(found.id, source, kind))
        if feed is None:
            raise FeedNotFound(source, kind.name)
        return feed
