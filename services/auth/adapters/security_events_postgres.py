"""Security events in PostgreSQL, table `auth.security_events`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chassis.logging import logger
from services.auth.adapters.security_sealed import SecurityKey
from services.auth.adapters.trail_postgres import PostgresTrail
from services.auth.app.ports import Clock, Ids
from services.auth.app.security_ports import Wanted
from services.auth.domain.audit import Action, Entry
from services.auth.domain.security import Kind, SecurityEvent

if TYPE_CHECKING:
    import asyncpg

    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

_TELL = """
INSERT INTO security_events (id, occurred_at, kind, key, user_id, key_id, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (kind, key) DO NOTHING RETURNING true
"""
_KNOWN = "SELECT true FROM security_events WHERE kind = $1 AND key = $2"
_FIND = """
SELECT id::text, occurred_at, kind, key, user_id, key_id, sealed, told_in::text FROM security_events
WHERE ($1 = '' OR kind = $1) AND ($2 = '' OR user_id = $2) AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4
"""
_HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"
_TOLD = """
SELECT id::text, occurred_at, kind, key, user_id, key_id, sealed, told_in::text FROM security_events
WHERE told_in >= $1::text::xid8 AND told_in < $2::text::xid8 ORDER BY told_in, id LIMIT $3
"""
_FORGET = "DELETE FROM security_events WHERE occurred_at < $1::timestamptz - interval '400 days'"


class PostgresSecurityEvents:
    """Tells events, keeps them for 400 days, and shows them."""

    def __init__(self, pool: Pool, key: SecurityKey, trail: PostgresTrail, ids: Ids, clock: Clock) -> None:
        self._pool, self._key, self._trail, self._ids, self._clock = pool, key, trail, ids, clock

    async def tell(
        self, kind: Kind, key: str, *, user_id: str = "", subject: str = "", ip_address: str = "", detail: str = ""
    ) -> bool:
        """Tell one, unless one of this kind and key was told before; whether it was told."""
        async with self._pool.acquire() as connection, connection.transaction():
            return await self.tell_in(
                connection, kind, key, user_id=user_id, subject=subject, ip_address=ip_address, detail=detail
            )

    async def tell_in(
        self,
        connection: Connection,
        kind: Kind,
        key: str,
        *,
        user_id: str = "",
        subject: str = "",
        ip_address: str = "",
        detail: str = "",
    ) -> bool:
        """The same, in the caller's transaction."""
        if await connection.fetchval(_KNOWN, kind, key):
            return False
        event = SecurityEvent(
            self._ids.new(), self._clock.now().astimezone(UTC), kind, key, user_id, subject, ip_address, detail
        )
        sealed = self._key.seal(event.id, (subject, ip_address, detail))
        told = await connection.fetchval(_TELL, event.id, event.occurred_at, kind, key, user_id, *sealed)
        if not told:
            return False
        await self._trail.told(connection, _entry(event, self._ids.new()))
        logger().warning("security_event", kind=str(kind), principal=user_id, id=event.id)
        return True

    async def find(self, wanted: Wanted, before: str | None, limit: int) -> Sequence[SecurityEvent]:
        """The newest that are wanted, made before an id if one is given, newest first."""
        rows = await self._pool.fetch(_FIND, wanted.kind, wanted.user_id, before, limit)
        return [self._event(row) for row in rows]

    async def horizon(self) -> int:
        """A number of a transaction before which nothing is committed any more that is not seen already."""
        return int(await self._pool.fetchval(_HORIZON))

    async def told(self, since: int, before: int, limit: int) -> tuple[Sequence[SecurityEvent], int]:
        """What transactions told from `since` on and before another, in their order, and up to which that is all."""
        rows = await self._pool.fetch(_TOLD, str(since), str(before), limit + 1)
        if len(rows) <= limit:
            return [self._event(row) for row in rows], before
        # Whole transactions alone: the one that the page would cut is the next page's first.
        cut = int(rows[-1]["told_in"])
        whole = [row for row in rows if int(row["told_in"]) < cut]
        if not whole:
            raise LookupError(f"a transaction told more than {limit} events")
        return [self._event(row) for row in whole], cut

    async def make_room(self, now: datetime) -> None:
        """Forget what is more than 400 days old."""
        await self._pool.execute(_FORGET, now)

    def _event(self, row: Any) -> SecurityEvent:
        subject, ip_address, detail = self._key.open(row["id"], row["key_id"], row["sealed"])
        who = (row["user_id"], subject, ip_address, detail)
        return SecurityEvent(row["id"], row["occurred_at"], Kind(row["kind"]), row["key"], *who)


def _entry(event: SecurityEvent, entry_id: str) -> Entry:
    return Entry(
        id=entry_id,
        occurred_at=event.occurred_at,
        user_id="",
        action=Action.SECURITY_ALARM,
        resource=event.subject or (f"user:{event.user_id}" if event.user_id else ""),
        ip_address=event.ip_address,
        user_agent="",
        result=event.kind.upper(),
    )
