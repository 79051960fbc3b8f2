"""SubscribeTicks: the newest ticks, then what happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from services.marketdata.app.access import members, readable
from services.marketdata.app.hub import Hub, Hubs
from services.marketdata.app.ports import Datasets, Timer
from services.marketdata.domain.board import Reader
from services.marketdata.domain.dataset import Caller, Dataset
from services.marketdata.domain.errors import FeedUnavailable, TooMany
from services.marketdata.domain.ticks import Frame, Position


@dataclass(frozen=True, slots=True)
class SubscribeTicks:
    """Streams ticks; `idle` in s, at most `limit` subscriptions per user in this process."""

    datasets: Datasets
    hubs: Hubs
    timer: Timer
    idle: float
    limit: int
    counts: Counter[str] = field(default_factory=Counter)

    async def open(self, caller: Caller, dataset: str, symbols: Sequence[str]) -> Dataset:
        """Return the dataset if the caller may subscribe to these symbols of it.

        Raises DatasetNotFound, InstrumentNotFound.
        """
        found = await readable(self.datasets, caller, dataset)
        if symbols:
            await members(self.datasets, found, symbols)
        return found

    async def frames(
        self, caller: Caller, dataset: Dataset, symbols: Sequence[str], position: Position | None, max_age: float
    ) -> AsyncGenerator[Frame, None]:
        """Yield frames behind the position, or a snapshot first, until the maximum age in s.

        Raises TooMany, and FeedUnavailable if the bus is gone, also while the stream is open.
        """
        end = self.timer.monotonic() + max_age
        with self._counted(caller):
            async with self.hubs.joined(dataset.id) as hub:
                reader = Reader(hub.board, frozenset(symbols))
                if position is not None:
                    await hub.catch_up(position)
                    reader.resume(position)
                async for frame in self._frames(hub, reader, end):
                    yield frame

    async def _frames(self, hub: Hub, reader: Reader, end: float) -> AsyncGenerator[Frame, None]:
        idle_at = self.timer.monotonic() + self.idle
        while self.timer.monotonic() < end:
            changed = hub.changed  # taken before looking, so that no news is slept through
            frame = reader.next()
            if frame is None and self.timer.monotonic() >= idle_at and reader.position is not None:
                frame = Frame(snapshot=False, ticks=(), position=reader.position, conflated=0)
            if frame is not None:
                yield frame
                idle_at = self.timer.monotonic() + self.idle
            elif hub.failed:
                raise FeedUnavailable
            else:
                await self.timer.wait(changed, min(idle_at, end))

    @contextmanager
    def _counted(self, caller: Caller) -> Iterator[None]:
        if self.counts[caller.user_id] >= self.limit:
            raise TooMany("subscriptions", self.limit)
        self.counts[caller.user_id] += 1
        try:
            yield
        finally:
            self.counts[caller.user_id] -= 1
            if not self.counts[caller.user_id]:
                del self.counts[caller.user_id]
