"""Asks vendors for what is due, and puts what they answer where it belongs.

A pull is leased to one replica; what it brings is safe on the bus or in the store before it is kept how far the target
is. So what a killed replica had asked for is asked for again, and what comes twice is taken in once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.marketdata.app.corporate_actions import Actions
from services.marketdata.app.feed_ports import FeedBus, Incoming
from services.marketdata.app.ports import Clock, Datasets, Delivery, PriceStore, Timer
from services.marketdata.app.vendor_ports import (
    Allowances,
    AlternativeBus,
    Answer,
    Feeds,
    NotNow,
    Told,
    Vendor,
    VendorFault,
    Vendors,
)
from services.marketdata.domain.dataset import Visibility
from services.marketdata.domain.errors import FeedUnavailable, MarketDataError
from services.marketdata.domain.feed.allowance import REFUSED, Allowance, Problem, Rate
from services.marketdata.domain.feed.pulls import Pull, pause
from services.marketdata.domain.feed.records import Stream
from services.marketdata.domain.layout import Layout, read_table

LEASE = timedelta(seconds=120)  # longer than any pull takes: its calls, and the waits for the bus and the store
AT_ONCE = 8  # pulls of one replica
LOOK = 1.0  # s between two looks for what is due
LOOK_AGAIN = timedelta(seconds=LOOK)

# Told what was wrong with a pull, in words that name no key.
Report = Callable[[Pull, Problem, str], None]


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where answers go."""

    datasets: Datasets
    prices: PriceStore
    actions: Actions
    feed: FeedBus
    alternative: AlternativeBus

    async def put(self, pull: Pull, answer: Answer, now: datetime) -> int:
        """Put all of an answer where it belongs; return how many records it had.

        Raises FeedUnavailable, and what the store refuses.
        """
        name, symbol = pull.feed, pull.target.symbol
        if answer.quotes is not None and answer.quotes.price:
            stream = Stream(name.dataset_id, symbol, name.source)
            quotes = answer.quotes
            numbers = [0] * len(quotes.price)
            await self.feed.send([Incoming(stream, "", quotes.occurred_at, quotes.price, quotes.size, numbers)])
        if answer.documents or answer.figures:
            await self.alternative.send(name.dataset_id, name.source, answer.documents, answer.figures)
        stored = await self._stored(pull, answer, now)
        quoted = 0 if answer.quotes is None else len(answer.quotes.price)
        return quoted + len(answer.documents) + len(answer.figures) + stored

    async def _stored(self, pull: Pull, answer: Answer, now: datetime) -> int:
        """Daily bars are stored as an upload's are: each that is none is left out."""
        if answer.daily is None:
            return 0
        reading = await asyncio.to_thread(read_table, answer.daily, Layout.LONG, now.date())
        if len(reading.prices) == 0:
            return 0
        dataset = await self.datasets.find(pull.owner, pull.feed.dataset_id)
        symbols = list(reading.prices.symbols)
        listed = [] if dataset is None else await self.datasets.instruments(dataset, symbols, "", len(symbols))
        currency = listed[0].currency if listed else "USD"
        delivery = Delivery(pull.owner, pull.feed.dataset_id, Visibility.PRIVATE, currency, reading.prices, now)
        await self.prices.store(delivery, keep=True)
        stored = await self.datasets.find(pull.owner, pull.feed.dataset_id)
        if answer.actions and stored is not None:
            await self.actions.update(pull.owner, stored, answer.actions, now)
        return len(reading.prices)


@dataclass(slots=True)
class PullFeeds:
    """Runs in every replica; `chance` in [0, 1) spreads what is asked again."""

    feeds: Feeds
    allowances: Allowances
    vendors: Vendors
    outlets: Outlets
    clock: Clock
    timer: Timer
    chance: Callable[[], float]
    report: Report
    pulling: set[asyncio.Task[None]] = field(default_factory=set)
    not_before: dict[str, datetime] = field(default_factory=dict)  # of sources, as far as this replica was told
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    broken: BaseException | None = None

    async def run(self) -> None:
        """Ask for what is due until cancelled; nothing if there is no vendor that could be asked.

        Raises what the stores raise, also in the midst of a pull: its lease runs out, and it is asked for again.
        """
        sources = self.vendors.configured()
        self.broken = None  # of an earlier run
        try:
            while sources:
                self.ended.clear()
                if await self.begin(sources) == 0:
                    await self.timer.wait(self.ended, self.timer.monotonic() + self._idle())
                if self.broken is not None:
                    raise self.broken
        finally:
            for task in self.pulling:
                task.cancel()
            if self.pulling:
                await asyncio.wait(self.pulling)

    async def begin(self, sources: list[str]) -> int:
        """Begin what is due, as much as there is room for; return how many pulls that are."""
        begun, now = 0, self.clock.now()
        for source in sources:
            room = min(AT_ONCE - len(self.pulling), self._at_once(source))
            if room > 0 and self.not_before.get(source, now) <= now:
                for pull in await self.feeds.claim(source, now, now + LEASE, room):
                    self.not_before[source] = now + LOOK_AGAIN  # unless the call tells otherwise
                    task = asyncio.create_task(self.pull(pull), name=f"pull from {source}")
                    self.pulling.add(task)
                    task.add_done_callback(self._over)
                    begun += 1
        return begun

    def _at_once(self, source: str) -> int:
        """How many calls of a source may fall due within a second: to claim more would be to put them off."""
        found = self.vendors.of(source)
        return 0 if found is None else max(1, found[1].per_minute // 60)

    def _idle(self) -> float:
        """In s, until something may be due."""
        now = self.clock.now()
        soon = ((until - now).total_seconds() for until in self.not_before.values() if until > now)
        return min([LOOK, *soon])

    async def pull(self, pull: Pull) -> None:
        """Ask for one target, put the answer where it belongs, and keep what became of it."""
        found = self.vendors.of(pull.feed.source)
        if found is not None:
            await self.feeds.keep(pull, await _Pulling(self, pull, *found).told())

    def _over(self, task: asyncio.Task[None]) -> None:
        self.pulling.discard(task)
        self.ended.set()
        if not task.cancelled() and task.exception() is not None:
            self.broken = task.exception()


@dataclass(slots=True)
class _Pulling:
    """One pull under way."""

    on: PullFeeds
    of: Pull
    vendor: Vendor
    rate: Rate
    calls: int = 0
    store_is_away: bool = False

    async def told(self) -> Told:
        """What became of it."""
        try:
            answer = await self.vendor.ask(self.of, self._permit)
        except NotNow as error:
            return Told(error.until, self.calls)
        except VendorFault as fault:
            return await self._failed(fault)
        except Exception as error:
            if self.store_is_away:
                raise
            # A connector that stumbles over an answer stumbles over what is not documented: it must not fall.
            return await self._failed(VendorFault(Problem.CHANGED_SCHEMA, f"unexpected: {type(error).__name__}"))
        return await self._answered(answer)

    async def _permit(self) -> None:
        now = self.on.clock.now()
        until: datetime | None = None

        def reserve(allowance: Allowance) -> Allowance:
            nonlocal until
            reserved, until = allowance.reserve(self.rate, now)
            return reserved

        self.store_is_away = True  # until it has answered
        await self.on.allowances.change(self.of.feed.source, reserve)
        self.store_is_away = False
        self.on.not_before[self.of.feed.source] = until or now + self.rate.spacing
        if until is not None:
            raise NotNow(until)
        self.calls += 1

    async def _failed(self, fault: VendorFault) -> Told:
        now = self.on.clock.now()

        def change(allowance: Allowance) -> Allowance:
            match fault.problem:
                case Problem.TOO_OFTEN if fault.for_today:
                    return allowance.told_to_wait_for_tomorrow(now)
                case Problem.TOO_OFTEN:
                    return allowance.told_to_wait(fault.wait, now)
                case Problem.KEY_REFUSED if not fault.others_may:
                    return allowance.refused(now)
                case Problem.UNKNOWN_TARGET | Problem.CHANGED_SCHEMA | Problem.KEY_REFUSED:
                    return allowance.answered(now, None)
                case _:
                    return allowance.failed(fault.problem, now)

        state = await self.on.allowances.change(self.of.feed.source, change)
        self.on.report(self.of, fault.problem, str(fault))
        if fault.problem is Problem.KEY_REFUSED and fault.others_may:
            due_at = now + max(self.of.every, REFUSED)
        elif fault.problem in (Problem.TOO_OFTEN, Problem.KEY_REFUSED):
            due_at = state.blocked_until
        elif fault.problem in (Problem.UNKNOWN_TARGET, Problem.CHANGED_SCHEMA):
            due_at = now + self.of.every
        else:
            due_at = self._soon(now)
        return self._not_kept(fault.problem, due_at, now)

    async def _answered(self, answer: Answer) -> Told:
        now = self.on.clock.now()

        def change(allowance: Allowance) -> Allowance:
            after = allowance.answered(now, answer.skew)
            return after if answer.wait is None else after.told_to_wait(answer.wait, now)

        await self.on.allowances.change(self.of.feed.source, change)
        try:
            records = await self.on.outlets.put(self.of, answer, now)
        except FeedUnavailable:
            return self._not_kept(Problem.NOT_STORED, self._soon(now), now)
        except MarketDataError as error:
            # Refused for good, such as a currency that is not the instrument's: the owner has to see to it.
            self.on.report(self.of, Problem.NOT_STORED, str(error))
            return self._not_kept(Problem.NOT_STORED, now + self.of.every, now)
        except Exception as error:
            self.on.report(self.of, Problem.NOT_STORED, f"unexpected: {type(error).__name__}")
            return self._not_kept(Problem.NOT_STORED, self._soon(now), now)
        due_at = now if answer.more else now + self.of.every
        return Told(due_at, self.calls, answer.cursor, answer.etag, records, at=now)

    def _soon(self, now: datetime) -> datetime:
        return now + pause(self.of.failures + 1, self.on.chance())

    def _not_kept(self, problem: Problem, due_at: datetime, now: datetime) -> Told:
        return Told(due_at, self.calls, problem=problem, at=now, failures=self.of.failures + 1)
