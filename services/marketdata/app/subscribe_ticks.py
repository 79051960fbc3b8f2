"""SubscribeTicks: the newest ticks, then what happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from services.marketdata.app.hub import Hub, Hubs, Look, Window
from services.marketdata.app.ports import Datasets, Timer
from services.marketdata.app.subscriptions import counted, followed
from services.marketdata.domain.dataset import Caller, Dataset
from services.marketdata.domain.errors import FeedUnavailable
from services.marketdata.domain.ticks import Position
from services.marketdata.domain.view import Place, SharedFrame


@dataclass(frozen=True, slots=True)
class SubscribeTicks:
    """Streams ticks; at most `limit` subscriptions per user in this process."""

    datasets: Datasets
    hubs: Hubs
    timer: Timer
    limit: int
    counts: Counter[str] = field(default_factory=Counter)

    async def open(self, caller: Caller, dataset: str, symbols: Sequence[str]) -> Dataset:
        """Return the dataset if the caller may subscribe to these symbols of it.

        Raises DatasetNotFound, InstrumentNotFound.
        """
        return await followed(self.datasets, caller, dataset, symbols)

    async def frames(
        self, caller: Caller, dataset: Dataset, look: Look, position: Position | None, max_age: float
    ) -> AsyncGenerator[SharedFrame, None]:
        """Yield frames behind the position, or a snapshot first, until the maximum age in s.

        Raises TooMany, and FeedUnavailable if the bus is gone, also while the stream is open.
        """
        end = self.timer.monotonic() + max_age
        with counted(self.counts, caller, self.limit):
            async with self.hubs.joined(dataset.id) as hub, hub.looking(look) as window:
                place, told = None, False
                if position is not None:
                    await hub.catch_up(position)
                    async for frame in self._resumed(window, position):
                        yield frame
                        position, told = frame.frame.position, True
                    place = _joined(window, position)
                async for frame in self._frames(hub, window, place, end, told=told):
                    yield frame

    async def _frames(
        self, hub: Hub, window: Window, place: Place | None, end: float, *, told: bool
    ) -> AsyncGenerator[SharedFrame, None]:
        """Frame by frame; who comes back and missed nothing is told at once that they are here.

        All wait for the window, which tells them of silence too, and only who is about to end waits for that: a timer
        for each frame of each subscriber is a fifteenth of what a crowd costs.
        """
        view, silences = window.view, window.silences
        while (now := self.timer.monotonic()) < end:
            changed = window.changed
            if place is None or place.number != view.number:
                frame, place = view.behind(place), view.place()
            elif not told or silences != window.silences:
                frame = view.idle()
            elif hub.failed:
                raise FeedUnavailable
            elif now + hub.idle < end:
                await changed.wait()
                continue
            else:
                await self.timer.wait(changed, end)
                continue
            silences, told = window.silences, True
            yield frame

    async def _resumed(self, window: Window, position: Position) -> AsyncGenerator[SharedFrame, None]:
        """Yield each batch that was missed, until the window stands where the subscriber does."""
        view = window.view
        if position.epoch == view.position().epoch and position.version > view.position().version:
            # Another process was ahead of this one when it gave the position out.
            window.advance(self.timer.monotonic())
        while missed := view.missed(position):
            for frame in missed:
                yield SharedFrame(frame)
                position = frame.position


def _joined(window: Window, position: Position) -> Place | None:
    """The place of who has seen all up to a position; None if it is no longer kept, so that a snapshot comes."""
    return None if window.view.missed(position) is None else window.view.place()
