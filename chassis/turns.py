"""Long work beside calls: the event loop has its turn every few milliseconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

HELD = 0.002  # seconds of work, after which others go first


class Turns:
    """Of one piece of work, which asks between its steps. A wait of its own counts as work: it costs one turn more."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        # Not the loop's clock, which stands still while the loop is held.
        self._clock = clock
        self._until = clock() + HELD

    async def give(self) -> None:
        """Lets whoever is ready go first, if it is time."""
        if self._clock() >= self._until:
            await asyncio.sleep(0)
            self._until = self._clock() + HELD
