"""SubscribeBars and SubscribeSentiment: what is newest, then what changes.

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
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from services.marketdata.app.ports import Datasets, Timer
from services.marketdata.app.subscriptions import counted, followed
from services.marketdata.domain.dataset import Caller, Dataset

LOOK = 1.0  # s between two looks for what changed
KEPT = 120  # looks that found something, kept for who reads more slowly


class Row(Protocol):
    """What a symbol has in an interval; a later version takes the place of an earlier one."""

    @property
    def symbol(self) -> str:
        """The instrument's."""
        ...

    @property
    def start(self) -> Any:
        """When the interval begins."""
        ...

    @property
    def knowledge_time(self) -> datetime:
        """When this version became known."""
        ...


T = TypeVar("T", bound=Row)


class Changing(Protocol[T]):
    """Tells what changed, from transaction to transaction."""

    async def horizon(self) -> int:
        """Return a number of a transaction before which nothing is committed any more that is not seen already."""
        ...

    async def newest(self, dataset: Dataset, width: int, before: int) -> list[T]:
        """Return what is newest of each symbol, of what transactions before this one committed."""
        ...

    async def changed(self, dataset: Dataset, width: int, since: int, before: int) -> tuple[list[T], int]:
        """Return what transactions committed from `since` on and before another, and up to which that is all.

        In the order of their commits; a few thousand rows at once.
        """
        ...


@dataclass(frozen=True, slots=True)
class Changes(Generic[T]):
    """What one message to a subscriber tells; `place` is the transaction behind which it ends."""

    snapshot: bool
    rows: Sequence[T]
    place: int


@dataclass(slots=True)
class Lookout(Generic[T]):
    """Looks for what changes of one dataset and interval; `found` is what each look found, from place to place."""

    dataset: Dataset
    width: int
    store: Changing[T]
    place: int  # behind which the next look begins
    since: int  # from where on what was found is remembered
    users: int = 0
    found: deque[tuple[int, Sequence[T]]] = field(default_factory=deque)  # each with where its look began
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
        """Take up what changed since the last look."""
        horizon = await self.store.horizon()
        if horizon <= self.place:
            return
        rows, place = await self.store.changed(self.dataset, self.width, self.place, horizon)
        if rows:
            self.found.append((self.place, rows))
            while len(self.found) > KEPT:
                self.found.popleft()
                self.since = self.found[0][0]
        self.place = place
        if rows:
            self._wake()

    def behind(self, place: int) -> list[T] | None:
        """What was found behind a place that a look has ended at; None if that is no longer remembered."""
        if place < self.since:
            return None
        return [row for begun, rows in self.found if begun >= place for row in rows]

    def _wake(self) -> None:
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()


class Reading(Generic[T]):
    """One subscriber's place."""

    def __init__(self, lookout: Lookout[T], place: int | None) -> None:
        self._lookout = lookout
        self.place = lookout.place if place is None else place
        # A cursor of another process may lie in the midst of what one look of ours found.
        self._ended_a_look = place is None

    async def next(self) -> Sequence[T]:
        """What changed behind the place: from memory or, for who was away for long, from the store."""
        upto = self._lookout.place
        if upto <= self.place:
            return ()
        remembered = self._lookout.behind(self.place) if self._ended_a_look else None
        if remembered is not None:
            self.place = upto
            return remembered
        of = (self._lookout.dataset, self._lookout.width)
        rows, self.place = await self._lookout.store.changed(*of, self.place, upto)
        self._ended_a_look = self.place == upto
        return rows


@dataclass(frozen=True, slots=True)
class SubscribeChanges(Generic[T]):
    """Streams what changes; `idle` in s, at most `limit` subscriptions per user in this process."""

    datasets: Datasets
    store: Changing[T]
    timer: Timer
    idle: float
    limit: int
    counts: Counter[str] = field(default_factory=Counter)
    lookouts: dict[tuple[str, int], Lookout[T]] = field(default_factory=dict)

    async def open(self, caller: Caller, dataset: str, symbols: Sequence[str]) -> Dataset:
        """Return the dataset if the caller may subscribe to these symbols of it.

        Raises DatasetNotFound, InstrumentNotFound.
        """
        return await followed(self.datasets, caller, dataset, symbols)

    async def frames(  # noqa: PLR0917 - what a subscriber asks for
        self, caller: Caller, dataset: Dataset, width: int, symbols: Sequence[str], place: int | None, max_age: float
    ) -> AsyncGenerator[Changes[T], None]:
        """Yield frames behind the place, or a snapshot first, until the maximum age in s. Raises TooMany."""
        with counted(self.counts, caller, self.limit):
            async with self._joined(dataset, width) as lookout:
                async for frame in self._frames(lookout, frozenset(symbols), place, max_age):
                    yield frame

    async def _frames(
        self, lookout: Lookout[T], symbols: frozenset[str], place: int | None, max_age: float
    ) -> AsyncGenerator[Changes[T], None]:
        begun = self.timer.monotonic()
        idle_at, end = begun, begun + max_age  # who comes back is told at once that they are here
        reading = Reading(lookout, place)
        if place is None:
            newest = await self.store.newest(lookout.dataset, lookout.width, reading.place)
            yield Changes(True, _asked(newest, symbols), reading.place)
            idle_at += self.idle
        while (now := self.timer.monotonic()) < end:
            changed = lookout.changed  # taken before looking, so that no news is slept through
            if lookout.error is not None:
                raise lookout.error
            asked = _asked(await reading.next(), symbols)
            if not asked and now < idle_at:
                if reading.place >= lookout.place:
                    await self.timer.wait(changed, min(idle_at, end))
                continue
            yield Changes(False, asked, reading.place)
            idle_at = self.timer.monotonic() + self.idle

    @asynccontextmanager
    async def _joined(self, dataset: Dataset, width: int) -> AsyncIterator[Lookout[T]]:
        key = (dataset.id, width)
        lookout = self.lookouts.get(key)
        if lookout is None or lookout.error is not None:
            horizon = await self.store.horizon()
            lookout = Lookout(dataset, width, self.store, horizon, horizon)
            lookout.task = asyncio.create_task(lookout.run(self.timer), name=f"changes of {dataset.id}")
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


def _asked(rows: Sequence[T], symbols: frozenset[str]) -> list[T]:
    found = (row for row in rows if not symbols or row.symbol in symbols)
    return sorted(found, key=lambda row: (row.start, row.symbol, row.knowledge_time))
