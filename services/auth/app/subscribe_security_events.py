"""SubscribeSecurityEvents: what is told from now on, or behind a place.

The store says which transactions are over. Whoever has read all that was told before one of them goes on from there:
nothing that is committed later lies before it. So a place is a number, and resuming is reading on.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from services.auth.app.security_ports import SecurityEvents, Timer
from services.auth.domain.security import SecurityEvent

LOOK = 1.0  # s between two looks
IDLE = 15.0  # s without an event after which a reader is told so
TOGETHER = 200  # events in one message, roughly


@dataclass(frozen=True, slots=True)
class SubscribeSecurityEvents:
    """Streams events in the order in which they were told."""

    events: SecurityEvents
    timer: Timer

    async def __call__(
        self, place: int | None, max_age: float
    ) -> AsyncGenerator[tuple[Sequence[SecurityEvent], int], None]:
        """Yield events, none where nothing was told for long, and the place behind them, until the age in s is over."""
        end = self.timer.monotonic() + max_age
        if place is None:
            place = await self.events.horizon()
            yield (), place
        idle_at = self.timer.monotonic() + IDLE
        while (now := self.timer.monotonic()) < end:
            found, place = await self.events.told(place, await self.events.horizon(), TOGETHER)
            if found or now >= idle_at:
                yield found, place
                idle_at = self.timer.monotonic() + IDLE
            if not found:
                await self.timer.sleep(min(LOOK, max(0.0, end - now)))
