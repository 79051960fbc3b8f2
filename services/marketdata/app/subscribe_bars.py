"""SubscribeBars: the newest bars, then what is closed or corrected.

The store says which transactions are over. Whoever has read all that was committed before one of them goes on from
there: nothing that is committed later can lie before it. So a place is a number, and resuming is reading on; one reader
per dataset and interval looks every second, for all of the process's subscribers.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.marketdata.app.feed_ports import TickBars
from services.marketdata.app.ports import Datasets, Timer
from services.marketdata.app.subscriptions import counted, followed
from services.marketdata.domain.dataset import Caller, Dataset
from services.marketdata.domain.feed.bars import TickBar

LOOK = 1.0  # s between two looks for closed bars
KEPT = 120  # looks that found bars, kept for who reads more slowly


@dataclass(frozen=True, slots=True)
class BarFrame:
    """What one message to a subscriber tells; `place` is the transaction behind which it ends."""

    snapshot: bool
    bars: Sequence[TickBar]
    place: int


@dataclass(slots=True)
class Lookout:
    """Looks for closed bars of one dataset and interval; `found` is what each look found, from place to place."""

    dataset: Dataset
    width: int
    bars: TickBars
    place: int  # behind which the next look begins
    since: int  # from where on what was found is remembered
    users: int = 0
    found: deque[tuple[int, Sequence[TickBar]]] = field(default_factory=deque)  # each with where its look began
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    error: Exception | None = None
    task: asyncio.Task[None] | None = None

    async def run(self, timer: Timer) -> None:
        """Look until cancelled; what goes wrong is told to whoever waits."""
        never = asyncio.Event()
        try:
            while True:
                await self.look()
                await timer.wait(never, timer.monotonic() + LOOK)
        except Exception as error:
            self.error = error
            self._wake()

    async def look(self) -> None:
        """Take up what was closed since the last look."""
        horizon = await self.bars.horizon()
        if horizon <= self.place:
            return
        bars, place = await self.bars.closed(self.dataset, self.width, self.place, horizon)
        if bars:
            self.found.append((self.place, bars))
            while len(self.found) > KEPT:
                self.found.popleft()
                self.since = self.found[0][0]
        self.place = place
        if bars:
            self._wake()

    def behind(self, place: int) -> list[TickBar] | None:
        """What was found behind a place that a look has ended at; None if that is no longer remembered."""
        if place < self.since:
            return None
        return [bar for begun, bars in self.found if begun >= place for bar in bars]

    def _wake(self) -> None:
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()


class Reading:
    """One subscriber's place among the bars."""

    def __init__(self, lookout: Lookout, place: int | None) -> None:
        self._lookout = lookout
        self.place = lookout.place if place is None else place
        # A cursor of another process may lie in the midst of what one look of ours found.
        self._ended_a_look = place is None

    async def next(self) -> Sequence[TickBar]:
        """What was closed behind the place: from memory or, for who was away for long, from the store."""
        upto = self._lookout.place
        if upto <= self.place:
            return ()
        remembered = self._lookout.behind(self.place) if self._ended_a_look else None
        if remembered is not None:
            self.place = upto
            return remembered
        of = (self._lookout.dataset, self._lookout.width)
        bars, self.place = await self._lookout.bars.closed(*of, self.place, upto)
        self._ended_a_look = self.place == upto
        return bars


@dataclass(frozen=True, slots=True)
class SubscribeBars:
    """Streams bars; `idle` in s, at most `limit` subscriptions per user in this process."""

    datasets: Datasets
    bars: TickBars
    timer: Timer
    idle: float
    limit: int
    counts: Counter[str] = field(default_factory=Counter)
    lookouts: dict[tuple[str, int], Lookout] = field(default_factory=dict)

    async def open(self, caller: Caller, dataset: str, symbols: Sequence[str]) -> Dataset:
        """Return the dataset if the caller may subscribe to these symbols of it.

        Raises DatasetNotFound, InstrumentNotFound.
        """
        return await followed(self.datasets, caller, dataset, symbols)

    async def frames(  # noqa: PLR0917 - what a subscriber asks for
        self, caller: Caller, dataset: Dataset, width: int, symbols: Sequence[str], place: int | None, max_age: float
    ) -> AsyncGenerator[BarFrame, None]:
        """Yield frames behind the place, or a snapshot first, until the maximum age in s. Raises TooMany."""
        with counted(self.counts, caller, self.limit):
            async with self._joined(dataset, width) as lookout:
                async for frame in self._frames(lookout, frozenset(symbols), place, max_age):
                    yield frame

    async def _frames(
        self, lookout: Lookout, symbols: frozenset[str], place: int | None, max_age: float
    ) -> AsyncGenerator[BarFrame, None]:
        begun = self.timer.monotonic()
        idle_at, end = begun + self.idle, begun + max_age
        reading = Reading(lookout, place)
        if place is None:
            newest = await self.bars.newest(lookout.dataset, lookout.width, reading.place)
            yield BarFrame(True, _asked(newest, symbols), reading.place)
        while (now := self.timer.monotonic()) < end:
            changed = lookout.changed  # taken before looking, so that no news is slept through
            if lookout.error is not None:
                raise lookout.error
            asked = _asked(await reading.next(), symbols)
            if not asked and now < idle_at:
                if reading.place >= lookout.place:
                    await self.timer.wait(changed, min(idle_at, end))
                continue
            yield BarFrame(False, asked, reading.place)
            idle_at = self.timer.monotonic() + self.idle

    @asynccontextmanager
    async def _joined(self, dataset: Dataset, width: int) -> AsyncIterator[Lookout]:
        key = (dataset.id, width)
        lookout = self.lookouts.get(key)
        if lookout is None or lookout.error is not None:
            horizon = await self.bars.horizon()
            lookout = Lookout(dataset, width, self.bars, horizon, horizon)
            lookout.task = asyncio.create_task(lookout.run(self.timer), name=f"bars of {dataset.id}")
            self.lookouts[key] = lookout
        lookout.users += 1
        try:
            yield lookout
        finally:
            lookout.users -= 1
            if lookout.users == 0 and lookout.task is not None:
                if self.lookouts.get(key) is lookout:
                    del self.lookouts[key]
                lookout.task.cancel()
                await asyncio.wait([lookout.task])


def _asked(bars: Sequence[TickBar], symbols: frozenset[str]) -> list[TickBar]:
    found = (bar for bar in bars if not symbols or bar.symbol in symbols)
    return sorted(found, key=lambda bar: (bar.start, bar.symbol, bar.knowledge_time))
