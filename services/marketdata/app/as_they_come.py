"""What a client streams is passed on as it comes: as much at once as has come meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
TOGETHER = 64  # passed on at once, at most; so many wait at most


@dataclass(frozen=True, slots=True)
class _End:
    """The stream's end, and what broke it off."""

    error: Exception | None = None


async def as_they_come(items: AsyncIterator[T], send: Callable[[Sequence[T]], Awaitable[None]]) -> None:
    """Pass on what comes.

    Raises what `send` raises, and what the items raise, after what came before it was passed on.
    """
    waiting = asyncio.Queue[T | _End](TOGETHER)
    reading = asyncio.create_task(_queued(items, waiting), name="what a client streams")
    try:
        end: _End | None = None
        while end is None:
            come = [await waiting.get()]
            while not waiting.empty():
                come.append(waiting.get_nowait())
            end = next((each for each in come if isinstance(each, _End)), None)
            ready = [each for each in come if not isinstance(each, _End)]
            if ready:
                await send(ready)
    finally:
        reading.cancel()
    if end.error is not None:
        raise end.error


async def _queued(items: AsyncIterator[T], waiting: asyncio.Queue[T | _End]) -> None:
    try:
        async for item in items:
            await waiting.put(item)
    except Exception as error:
        await waiting.put(_End(error))
    else:
        await waiting.put(_End())
