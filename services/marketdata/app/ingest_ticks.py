"""IngestTicks: takes a client's feed onto the bus."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from services.marketdata.app.access import writable
from services.marketdata.app.as_they_come import as_they_come
from services.marketdata.app.feed_ports import FeedBus, Incoming
from services.marketdata.app.ports import Datasets
from services.marketdata.domain.dataset import Caller, Dataset


@dataclass(slots=True)
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
        """Publish what comes.

        Raises FeedUnavailable, and what the feed raises, after what came before it was published.
        """
        taken = Taken()

        async def send(ready: Sequence[Incoming]) -> None:
            await self.bus.send(ready)
            taken.records += sum(len(each.price) for each in ready)
            taken.messages += len(ready)

        await as_they_come(messages, send)
        return taken
