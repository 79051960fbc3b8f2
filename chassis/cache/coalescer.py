"""Many asks, one query."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping, Sequence
from contextvars import Context
from itertools import islice
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Query = Callable[[Sequence[K]], Awaitable[Mapping[K, V]]]
Batch = dict[K, list[asyncio.Future[V | None]]]


class Coalescer(Generic[K, V]):
    """Gathers asks while a query is under way, and then puts them together into the next one.

    An ask joins only a query that starts after it, so no answer is older than its question. An asker that is
    cancelled takes nothing from the others; a query that fails fails all who joined it, and nobody else.
    """

    def __init__(self, query: Query[K, V], *, patience: float = 5.0, most: int = 500) -> None:
        """`query` answers what it knows of up to `most` keys, within `patience` seconds."""
        self._query = query
        self._patience = patience
        self._most = most
        self._waiting: Batch[K, V] = {}
        self._work: asyncio.Task[None] | None = None

    async def ask(self, key: K) -> V | None:
        """The key's value, None if the query knows none. Raises what the query raises, TimeoutError."""
        future: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        if self._work is None:
            # A context of its own: the query works for all, not within the deadline and the trace of the first.
            self._work = asyncio.create_task(self._answer_all(), context=Context())
        return await future

    async def _answer_all(self) -> None:
        try:
            while self._waiting:
                await self._answer(self._gathered())
        finally:
            self._work = None

    def _gathered(self) -> Batch[K, V]:
        """Those who have waited longest, without the keys whose askers all went away."""
        keys = list(islice(self._waiting, self._most))
        batch = {key: self._waiting.pop(key) for key in keys}
        return {key: futures for key, futures in batch.items() if not all(future.done() for future in futures)}

    async def _answer(self, batch: Batch[K, V]) -> None:
        if not batch:
            return
        try:
            async with asyncio.timeout(self._patience):
                found = await self._query(list(batch))
        except Exception as error:
            for _, future in _unsettled(batch):
                future.set_exception(error)
        except asyncio.CancelledError:
            for _, future in _unsettled(batch):
                future.cancel()
            raise
        else:
            for key, future in _unsettled(batch):
                future.set_result(found.get(key))


def _unsettled(batch: Batch[K, V]) -> Iterator[tuple[K, asyncio.Future[V | None]]]:
    """Whoever still waits."""
    return ((key, future) for key, futures in batch.items() for future in futures if not future.done())
