"""The audit trail in PostgreSQL, table `auth.audit`, a partition per month: added to by one sequencer, read by all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from services.auth.adapters.trail_postgres import row_of
from services.auth.app.audit_ports import Asked, Waiting
from services.auth.domain.audit import Head, Link, Stored

if TYPE_CHECKING:
    import asyncpg

    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

BATCH = 500  # entries chained in one transaction

_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('audit of ' || current_schema(), 0))"
_HEAD = "SELECT seq, code FROM audit ORDER BY seq DESC LIMIT 1"
_COLUMNS = "id::text, occurred_at, user_id, action, result, key_id, sealed"
_WAITING = f"SELECT position, {_COLUMNS} FROM audit_waiting ORDER BY position LIMIT $1"  # noqa: S608 - constants, as below
_CHAINED = "DELETE FROM audit_waiting WHERE position = ANY ($1::bigint[])"
_LINK = """
INSERT INTO audit (id, occurred_at, user_id, action, result, key_id, sealed, seq, recorded_at, code)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_LINKS = f"SELECT seq, recorded_at, {_COLUMNS}, code FROM audit"  # noqa: S608
_BEHIND = f"{_LINKS} WHERE seq > $1 ORDER BY seq LIMIT $2"
_AT = "SELECT code FROM audit WHERE seq = $1"
_BEFORE = "SELECT seq, code FROM audit WHERE recorded_at < $1 ORDER BY seq DESC LIMIT 1"
_FIND = f"""{_LINKS}
WHERE ($1 = '' OR user_id = $1) AND ($2 = '' OR action = $2) AND ($3 = '' OR result = $3)
  AND ($4::timestamptz IS NULL OR occurred_at >= $4) AND ($5::timestamptz IS NULL OR occurred_at < $5)
  AND ($6::bigint IS NULL OR seq < $6)
ORDER BY seq DESC LIMIT $7
"""


class PostgresAudit:
    """The port AuditStore."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(self, now: datetime, oldest: datetime) -> None:
        """Make room for this month and the next; drop months that ended before the oldest moment's."""
        await self._pool.execute("SELECT keep_audit($1, $2)", now, oldest)

    async def head(self) -> Head | None:
        """The newest link; None if there is none."""
        return _head(await self._pool.fetchrow(_HEAD))

    async def last_before(self, moment: datetime) -> Head | None:
        """The newest link that was recorded before a moment; None if there is none."""
        return _head(await self._pool.fetchrow(_BEFORE, moment))

    @asynccontextmanager
    async def sequencing(self) -> AsyncIterator[PostgresWaiting | None]:
        """A transaction of the one sequencer; None while another works. What it adds is kept if the block succeeds."""
        async with self._pool.acquire() as connection, connection.transaction():
            yield PostgresWaiting(connection) if await connection.fetchval(_LOCK) else None

    async def behind(self, seq: int, limit: int) -> Sequence[Link]:
        """Links in their order."""
        return [_link(row) for row in await self._pool.fetch(_BEHIND, seq, limit)]

    async def find(self, asked: Asked, before: int | None, limit: int) -> Sequence[Link]:
        """The newest links that are asked for, before a number if one is given, newest first."""
        filters = (asked.user_id, asked.action, asked.result, asked.start, asked.end)
        return [_link(row) for row in await self._pool.fetch(_FIND, *filters, before, limit)]


class PostgresWaiting(Waiting):
    """What waits to be chained, and the chain's end, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._positions: list[int] = []

    async def head(self) -> Head | None:
        """The newest link; None if there is none."""
        return _head(await self._connection.fetchrow(_HEAD))

    async def code_at(self, seq: int) -> bytes | None:
        """The code of a link; None if it is not there."""
        code: bytes | None = await self._connection.fetchval(_AT, seq)
        return code

    async def entries(self) -> Sequence[Stored]:
        """The next entries, in the order in which they were written down."""
        rows = await self._connection.fetch(_WAITING, BATCH)
        self._positions = [row["position"] for row in rows]
        return [_stored(row) for row in rows]

    async def add(self, links: Sequence[Link]) -> None:
        """Chain the entries that were asked for."""
        rows = [(*row_of(link.entry), link.seq, link.recorded_at, link.code) for link in links]
        await self._connection.executemany(_LINK, rows)
        await self._connection.execute(_CHAINED, self._positions)


def _head(row: asyncpg.Record | None) -> Head | None:
    return None if row is None else Head(row["seq"], row["code"])


def _link(row: Any) -> Link:
    return Link(row["seq"], row["recorded_at"], _stored(row), row["code"])


def _stored(row: Any) -> Stored:
    names = ("id", "occurred_at", "user_id", "action", "result", "key_id", "sealed")
    return Stored(**{name: row[name] for name in names})
