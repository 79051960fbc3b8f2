"""Who advises whom, in PostgreSQL, table `auth.links`: a row for each two that were ever linked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chassis.outbox import append
from services.auth.adapters.events_outbox import event_of_link
from services.auth.adapters.trail_postgres import PostgresTrail
from services.auth.app.ports import LinksAsked
from services.auth.domain.audit import Action
from services.auth.domain.errors import LinkNotFound, NotAnAdvisor, UserNotFound
from services.auth.domain.events import Linked, Unlinked
from services.auth.domain.link import Link, Term, linked
from services.auth.domain.roles import Role

if TYPE_CHECKING:
    import asyncpg

    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

_COLUMNS = "id::text, advisor_id::text, client_id::text, valid_from, valid_until, created_at, version"
# In the order of ids, so that two who link the same two wait for one another and not each for the other.
_BOTH = "SELECT id::text, roles FROM users WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE"
_OF = f"SELECT {_COLUMNS} FROM links WHERE advisor_id = $1 AND client_id = $2 FOR UPDATE"  # noqa: S608 - constants, as below
_OF_ADVISOR = f"SELECT {_COLUMNS} FROM links WHERE advisor_id = $1 ORDER BY id FOR UPDATE"  # noqa: S608
_KEEP = """
INSERT INTO links (id, advisor_id, client_id, valid_from, valid_until, created_at, version)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO UPDATE
SET valid_from = EXCLUDED.valid_from, valid_until = EXCLUDED.valid_until, version = EXCLUDED.version
"""
_PAGE = f"""
SELECT {_COLUMNS} FROM links
WHERE ($1::uuid IS NULL OR advisor_id = $1) AND ($2::uuid IS NULL OR client_id = $2)
  AND ($3::uuid IS NULL OR advisor_id = $3 OR client_id = $3) AND ($4::uuid IS NULL OR id < $4)
ORDER BY id DESC LIMIT $5
"""  # noqa: S608


class PostgresLinks:
    """Keeps links, and tells and writes down what happens to them; `committed` is called after each commit."""

    def __init__(self, pool: Pool, trail: PostgresTrail, committed: Callable[[], None] = lambda: None) -> None:
        self._pool, self._trail, self._committed = pool, trail, committed

    async def link(self, new_id: str, advisor_id: str, client_id: str, term: Term, now: datetime) -> Link:
        """Link the two, or change their link; raises UserNotFound, NotAnAdvisor, InvalidLink. A change is told."""
        async with self._telling() as connection:
            await _require_linkable(connection, advisor_id, client_id)
            row = await connection.fetchrow(_OF, advisor_id, client_id)
            before = None if row is None else _link(row)
            link = before.changed(term, now) if before else linked(new_id, advisor_id, client_id, term, now)
            if link != before:
                await _changed(connection, self._trail, Linked(link, now))
            return link

    async def page(self, asked: LinksAsked, before: str | None, limit: int) -> Sequence[Link]:
        """The newest links, those made before the one with an id if one is given."""
        filters = (asked.advisor_id or None, asked.client_id or None, asked.either_id or None)
        return [_link(row) for row in await self._pool.fetch(_PAGE, *filters, before, limit)]

    async def end(self, advisor_id: str, client_id: str, now: datetime) -> Link:
        """End a link; raises LinkNotFound. A change is told."""
        async with self._telling() as connection:
            row = await connection.fetchrow(_OF, advisor_id, client_id)
            if row is None:
                raise LinkNotFound
            return await _ended(connection, self._trail, _link(row), now)

    @asynccontextmanager
    async def _telling(self) -> AsyncIterator[Connection]:
        async with self._pool.acquire() as connection, connection.transaction():
            yield connection
        self._committed()


async def end_all(connection: Connection, trail: PostgresTrail, advisor_id: str, now: datetime) -> None:
    """End all links of who advises no more, in the caller's transaction."""
    for row in await connection.fetch(_OF_ADVISOR, advisor_id):
        await _ended(connection, trail, _link(row), now)


async def _require_linkable(connection: Connection, advisor_id: str, client_id: str) -> None:
    """Neither goes, nor loses a role, before the transaction ends."""
    roles = {row["id"]: row["roles"] for row in await connection.fetch(_BOTH, [advisor_id, client_id])}
    if advisor_id not in roles:
        raise UserNotFound
    if Role.ADVISOR not in roles[advisor_id]:
        raise NotAnAdvisor
    if client_id not in roles:
        raise UserNotFound


async def _ended(connection: Connection, trail: PostgresTrail, link: Link, now: datetime) -> Link:
    ended = link.ended(now)
    if ended != link:
        await _changed(connection, trail, Unlinked(ended, now))
    return ended


async def _changed(connection: Connection, trail: PostgresTrail, happened: Linked | Unlinked) -> None:
    link = happened.link
    values = (link.id, link.advisor_id, link.client_id, link.valid_from, link.valid_until, link.created_at)
    await connection.execute(_KEEP, *values, link.version)
    await append(connection, event_of_link(happened))
    await trail.note(connection, Action.ADMIN_ACTION, f"link:{link.advisor_id}/{link.client_id}")


def _link(row: Any) -> Link:
    return Link(*row)
