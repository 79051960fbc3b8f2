"""IngestTicks: takes a client's feed onto the bus."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from services.marketdata.app.access import writable
from services.marketdata.app.feed_ports import FeedBus, Incoming
from services.marketdata.app.ports import Datasets
from services.marketdata.domain.dataset import Caller, Dataset

TOGETHER = 64  # messages published at once, at most; so many wait at most


@dataclass(frozen=True, slots=True)
class Taken:
    """What the bus has taken."""

    records: int = 0
    messages: int = 0


@dataclass(frozen=True, slots=True)
class IngestTicks:
    """Takes feeds in."""

    datasets: Datasets
    bus: FeedBus

    async def open(self, caller: Caller, dataset: str) -> Dataset:
        """Return the dataset if the caller may feed it. Raises DatasetNotFound, NotOwner."""
        return await writable(self.datasets, caller, dataset)

    async def __call__(self, messages: AsyncIterator[Incoming]) -> Taken:
        """Publish what comes, as much at once as has come meanwhile.

        Raises FeedUnavailable, and what the feed raises, after what came before it was published.
        """
        waiting = asyncio.Queue[Incoming | _End](TOGETHER)
        reading = asyncio.create_task(_queued(messages, waiting), name="feed of ticks")
        try:
            return await self._published(waiting)
        finally:
            reading.cancel()

    async def _published(self, waiting: asyncio.Queue[Incoming | _End]) -> Taken:
        taken, end = Taken(), None
        while end is None:
            come = [await waiting.get()]
            while not waiting.empty():
                come.append(waiting.get_nowait())
            end = next((each for each in come if isinstance(each, _End)), None)
            ready = [each for each in come if isinstance(each, Incoming)]
            if ready:
                await self.bus.send(ready)
            taken = Taken(taken.records + sum(len(each.price) for each in ready), taken.messages + len(ready))
        if end.error is not None:
            raise end.error
        return taken


@dataclass(frozen=True, slots=True)
class _End:
    """The feed's end, and what broke it off."""

    error: Exception | None = None


async def _queued(messages: AsyncIterator[Incoming], waiting: asyncio.Queue[Incoming | _End]) -> None:
    try:
        async for message in messages:
            await waiting.put(message)
    except Exception as error:
        await waiting.put(_End(error))
    else:
        await waiting.put(_End())
