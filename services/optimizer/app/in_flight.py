"""A few of many things worked on at once: what comes out waits for nobody but its reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")
U = TypeVar("U")

_END = object()


class InFlight(Generic[T, U]):
    """Works on at most `most` items at once; no more are taken in before one is handed out."""

    def __init__(self, work: Callable[[T], Awaitable[U]], most: int, *, ordered: bool) -> None:
        self._work, self._most, self._ordered = work, most, ordered
        self._running: list[asyncio.Future[U]] = []

    async def over(self, items: AsyncIterator[T]) -> AsyncGenerator[U]:
        """What becomes of each item. If an item cannot be had, those before it are handed out and then that is raised.

        Raises what the work raises.
        """
        coming: asyncio.Future[object] | None = _next(items)
        broken: Exception | None = None
        try:
            while coming is not None or self._running:
                awaited: list[asyncio.Future[Any]] = [*self._watched()]
                room = len(self._running) < self._most
                if coming is not None and room:
                    awaited.append(coming)
                await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
                if coming is not None and room and coming.done():
                    coming, broken = self._taken(coming, items)
                for done in [each for each in self._watched() if each.done()]:
                    self._running.remove(done)
                    yield await done
            if broken is not None:
                raise broken
        finally:
            left: list[asyncio.Future[Any]] = [*self._running]
            if coming is not None:
                left.append(coming)
            for each in left:
                each.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def _taken(
        self, coming: asyncio.Future[object], items: AsyncIterator[T]
    ) -> tuple[asyncio.Future[object] | None, Exception | None]:
        """Begin work on an item that came, and wait for the next; or say why there is none."""
        error = coming.exception()
        if error is not None:
            if not isinstance(error, Exception):
                raise error
            return None, error
        if coming.result() is _END:
            return None, None
        self._running.append(asyncio.ensure_future(self._work(cast("T", coming.result()))))
        return _next(items), None

    def _watched(self) -> list[asyncio.Future[U]]:
        """Those that may be handed out next."""
        return self._running[:1] if self._ordered else self._running


def _next(items: AsyncIterator[T]) -> asyncio.Future[object]:
    async def found() -> object:
        return await anext(items, _END)

    return asyncio.ensure_future(found())
