"""Bearing with a store or bus that is away: wait a little longer each time, and tell the log once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from chassis.logging import logger

_FIRST, _LONGEST = 0.1, 2.0  # seconds


def raise_if_cancelled(error: BaseException | None = None) -> None:
    """Raises CancelledError if the present task was cancelled meanwhile.

    A driver may answer the cancellation of a statement by an error of its own, or by the statement's result: so does
    asyncio.wait_for of Python 3.11, by which redis-py sends. Whoever bears with that would go on for ever.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError from error


class Patience:
    """What one loop bears; `name` and `told` are what the log says of it."""

    def __init__(self, name: str, **told: Any) -> None:
        self._name = name
        self._told = told
        self._pause = 0.0

    @property
    def tried(self) -> bool:
        """Whether the last block failed."""
        return self._pause > 0

    @asynccontextmanager
    async def bearing(self, *errors: type[Exception]) -> AsyncIterator[None]:
        """Swallows these errors of the block, and pauses after one; a block that succeeds ends the trouble.

        A cancellation that got lost in the block is raised behind it.
        """
        try:
            yield
        except errors as error:
            raise_if_cancelled(error)
            await self._wait(error)
        else:
            raise_if_cancelled()
            self._relieved()

    async def _wait(self, error: Exception) -> None:
        if not self.tried:
            logger().warning(f"{self._name}_interrupted", **self._told, error=f"{type(error).__name__}: {error}")
        self._pause = min(_LONGEST, 2 * self._pause or _FIRST)
        await asyncio.sleep(self._pause)

    def _relieved(self) -> None:
        if self.tried:
            logger().info(f"{self._name}_resumed", **self._told)
        self._pause = 0.0
