"""asyncpg's pool, with connections kept at hand for single statements.

Taking a connection from the pool and giving it back costs more CPU than a short statement itself. So up to half of
the connections, once taken for a single statement (`pool.fetch…`, `pool.execute`), stay on a stack for the next one;
`pool.acquire()` always finds the other half. After any error a connection goes back to the pool, which finishes what
was cancelled and closes what is broken. The last one used is the next one used: its statements are prepared and warm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import asyncpg

if TYPE_CHECKING:
    _Pool = asyncpg.Pool[asyncpg.Record]
    Kept = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
else:
    _Pool = asyncpg.Pool

_ALL = {
    "max_queries": 50_000,
    "max_inactive_connection_lifetime": 300.0,  # seconds
    "loop": None,
    "connection_class": asyncpg.Connection,
    "record_class": asyncpg.Record,
}


class Pool(_Pool):
    """A pool of at most `max_size` connections."""

    def __init__(self, url: str, *, max_size: int, **options: Any) -> None:
        """Takes what asyncpg.create_pool takes; connects when awaited."""
        super().__init__(url, max_size=max_size, **(_ALL | options))
        self._free: list[Kept] = []
        self._left = max_size // 2  # connections that may still be taken to be kept

    async def fetch(self, query: str, *args: Any, **rest: Any) -> Any:
        """Returns the statement's rows."""
        return await self._single("fetch", query, args, rest)

    async def fetchrow(self, query: str, *args: Any, **rest: Any) -> Any:
        """Returns the statement's first row, None if there is none."""
        return await self._single("fetchrow", query, args, rest)

    async def fetchval(self, query: str, *args: Any, **rest: Any) -> Any:
        """Returns the first row's first value, None if there is no row."""
        return await self._single("fetchval", query, args, rest)

    async def execute(self, query: str, *args: Any, **rest: Any) -> str:
        """Runs the statement; returns its tag."""
        return str(await self._single("execute", query, args, rest))

    async def close(self) -> None:
        """Waits for the statements under way, and closes all connections."""
        self._left = 0
        while self._free:
            await self.release(self._free.pop())
        await super().close()

    async def _single(self, how: str, query: str, args: tuple[Any, ...], rest: dict[str, Any]) -> Any:
        connection = await self._taken()
        if connection is None:
            async with self.acquire() as shared:
                return await getattr(shared, how)(query, *args, **rest)
        try:
            found = await getattr(connection, how)(query, *args, **rest)
        except BaseException:
            await self._given_back(connection)
            raise
        if self.is_closing():
            await self._given_back(connection)
        else:
            self._free.append(connection)
        return found

    async def _taken(self) -> Kept | None:
        """A kept connection, or one to keep from now on; None if there are as many as there may be."""
        while self._free:
            connection = self._free.pop()
            if _alive(connection):
                return connection
            await self._given_back(connection)
        if not self._left:
            return None
        self._left -= 1
        try:
            return await self.acquire()
        except BaseException:
            self._left += 1
            raise

    async def _given_back(self, connection: Kept) -> None:
        self._left += 1
        await self.release(connection)


def _alive(connection: Kept) -> bool:
    """Whether a kept connection can be used; the pool takes back by itself one that the server has ended."""
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False
