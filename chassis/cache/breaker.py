"""Spares everybody the wait for a server that has just failed."""

from __future__ import annotations

import time
from collections.abc import Callable


class Breaker:
    """Open for `pause` seconds after a failure; then one attempt at a time finds out whether it is over."""

    def __init__(self, pause: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause, self._clock = pause, clock
        self._until: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is useless to ask."""
        return self._until is not None and self._clock() < self._until

    def admits(self) -> bool:
        """Whether to try now. After a pause the first is admitted, and the others wait for how it fares."""
        if self.is_open:
            return False
        if self._until is not None:
            self._until = self._clock() + self._pause
        return True

    def failed(self) -> bool:
        """Tell of a failure; whether it is news."""
        news, self._until = self._until is None, self._clock() + self._pause
        return news

    def worked(self) -> bool:
        """Tell of a success; whether it is news."""
        news, self._until = self._until is not None, None
        return news
