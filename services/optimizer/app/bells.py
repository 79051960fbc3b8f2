"""Bells: whoever waits for something to change is rung when it has, and then looks for themselves.

A bell that rings twice before anybody looks has rung once: a slow reader sees the newest state and no queue grows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

QUEUE = "queue"


def of_job(job_id: str) -> str:
    """The topic of a job's progress and end."""
    return f"job:{job_id}"


def of_cancel(job_id: str) -> str:
    """The topic of the wish that a job end."""
    return f"cancel:{job_id}"


class Bell:
    """Rings when its topic has changed since it was last waited for."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Say that something has changed."""
        self._rung.set()

    async def wait(self) -> None:
        """Until something has changed."""
        await self._rung.wait()
        self._rung.clear()


class Bells:
    """The bells that hang in this process, by topic."""

    def __init__(self) -> None:
        self._hung: dict[str, set[Bell]] = {}

    @contextmanager
    def hung(self, topic: str) -> Iterator[Bell]:
        """A bell that rings for a topic, as long as it hangs."""
        bell = Bell()
        self._hung.setdefault(topic, set()).add(bell)
        try:
            yield bell
        finally:
            self._hung[topic].discard(bell)
            if not self._hung[topic]:
                del self._hung[topic]

    def ring(self, topic: str) -> None:
        """Ring every bell of a topic."""
        for bell in self._hung.get(topic, ()):
            bell.ring()

    def ring_all(self) -> None:
        """Ring every bell: something may have changed while nobody could tell what."""
        for bells in self._hung.values():
            for bell in bells:
                bell.ring()
