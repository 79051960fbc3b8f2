"""What is kept no longer is deleted from time to time."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable

from services.optimizer.app.errors import StoreUnavailable
from services.optimizer.app.ports import Universes

BETWEEN = 60.0  # seconds


class SweepUniverses:
    """Deletes expired universes until it is cancelled."""

    def __init__(self, universes: Universes, pause: Callable[[float], Awaitable[None]]) -> None:
        self._universes = universes
        self._pause = pause

    async def __call__(self) -> None:
        """If the store does not answer, the next sweep is the next try."""
        while True:
            with contextlib.suppress(StoreUnavailable):
                await self._universes.sweep()
            await self._pause(BETWEEN)
