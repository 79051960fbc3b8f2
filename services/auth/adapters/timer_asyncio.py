"""Durations, by asyncio."""

from __future__ import annotations

import asyncio
import time


class AsyncioTimer:
    """The port Timer."""

    def monotonic(self) -> float:
        """Seconds of a clock that only rises."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait so long."""
        await asyncio.sleep(seconds)
