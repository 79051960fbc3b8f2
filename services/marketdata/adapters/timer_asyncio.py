"""The event loop's clock."""

from __future__ import annotations

import asyncio
import time


class AsyncioTimer:
    """Waits on the event loop."""

    def monotonic(self) -> float:
        """Return seconds of a clock that only rises."""
        return time.monotonic()

    async def wait(self, event: asyncio.Event, until: float) -> bool:
        """Wait for the event, until `monotonic()` reaches `until`; tell whether the event was set."""
        try:
            async with asyncio.timeout(max(0.0, until - self.monotonic())):
                await event.wait()
        except TimeoutError:
            return False
        return True
