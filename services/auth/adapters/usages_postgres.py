"""The history of use in PostgreSQL, table `auth.usage_minutes`, and what is done in the transaction that judges it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from services.auth.adapters.policies_postgres import policy_in
from services.auth.adapters.security_events_postgres import PostgresSecurityEvents
from services.auth.app.detector_ports import Looking
from services.auth.domain.security import Kind, Policy, Scored
from services.auth.domain.usage import Usage

if TYPE_CHECKING:
    import asyncpg

    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

_COUNTS = "user_id, minute, calls, refused, invalid, not_found, writes, bytes_in"
_AUDITED = "logins, refusals, admin_actions"
_DISTINCT = "cardinality(methods) AS methods, cardinality(addresses) AS addresses"
_SOME = 200  # minutes read at once: a few milliseconds of work

_ADD = """
INSERT INTO usage_minutes AS u
    (user_id, minute, calls, refused, invalid, not_found, writes, bytes_in, methods, addresses)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (user_id, minute) DO UPDATE SET
    calls = u.calls + EXCLUDED.calls, refused = u.refused + EXCLUDED.refused, invalid = u.invalid + EXCLUDED.invalid,
    not_found = u.not_found + EXCLUDED.not_found, writes = u.writes + EXCLUDED.writes,
    bytes_in = u.bytes_in + EXCLUDED.bytes_in,
    methods = ARRAY(SELECT DISTINCT unnest(u.methods || EXCLUDED.methods)),
    addresses = ARRAY(SELECT DISTINCT unnest(u.addresses || EXCLUDED.addresses)),
    -- Whoever told late has the minute judged again.
    scored_at = NULL, score = NULL, unusual = NULL
"""
_COUNT = """
SELECT count(*)::integer, max(minute) + interval '1 minute'
FROM (SELECT minute FROM usage_minutes WHERE scored_at IS NOT NULL ORDER BY minute DESC LIMIT $1) AS newest
"""
_HISTORY = f"""
SELECT {_COUNTS}, {_DISTINCT}, {_AUDITED} FROM usage_minutes WHERE scored_at IS NOT NULL
ORDER BY minute DESC, user_id LIMIT $1
"""  # noqa: S608 - made of constants, as the one below
_OF = f"""
SELECT {_COUNTS}, {_DISTINCT}, coalesce(logins, 0) AS logins, coalesce(refusals, 0) AS refusals,
       coalesce(admin_actions, 0) AS admin_actions
FROM usage_minutes WHERE user_id = $1 AND ($2::timestamptz IS NULL OR minute > $2) ORDER BY minute LIMIT $3
"""  # noqa: S608
_UNSCORED = f"""
WITH due AS (
    SELECT user_id, minute FROM usage_minutes WHERE scored_at IS NULL AND minute < $1
    ORDER BY minute LIMIT $2 FOR UPDATE SKIP LOCKED
), told AS (
    SELECT due.user_id, due.minute,
        count(*) FILTER (WHERE a.action = 'user_login' AND a.result = 'OK') AS logins,
        count(*) FILTER (WHERE a.result <> 'OK' AND a.action <> 'security_alarm') AS refusals,
        count(*) FILTER (WHERE a.action = 'admin_action' AND a.result = 'OK') AS admin_actions
    FROM due LEFT JOIN audit a ON a.user_id = due.user_id
        AND a.occurred_at >= due.minute - interval '59 minutes' AND a.occurred_at < due.minute + interval '1 minute'
        AND a.recorded_at >= due.minute - interval '59 minutes'
    GROUP BY due.user_id, due.minute
)
SELECT {_COUNTS}, {_DISTINCT}, told.logins::integer AS logins, told.refusals::integer AS refusals,
       told.admin_actions::integer AS admin_actions
FROM told JOIN usage_minutes USING (user_id, minute) ORDER BY minute, user_id
"""  # noqa: S608
_JUDGED = """
UPDATE usage_minutes SET scored_at = now(), score = $3, unusual = $4, logins = $5, refusals = $6, admin_actions = $7
WHERE user_id = $1 AND minute = $2
"""
_LATEST = """
SELECT calls, score, unusual FROM usage_minutes
WHERE user_id = $1 AND minute <= $2 AND minute > $2 - interval '1 hour' AND score IS NOT NULL
ORDER BY minute DESC LIMIT $3
"""
# Administrators are not shut out by a guess, and who is disabled already stays as they are.
_BLOCK = """
INSERT INTO user_blocks (user_id, until) SELECT id, $2 FROM users
WHERE id::text = $1 AND disabled_at IS NULL AND NOT 'admin' = ANY (roles)
ON CONFLICT (user_id) DO NOTHING RETURNING true
"""
_FORGET = """
DELETE FROM usage_minutes u WHERE minute < $1::timestamptz - interval '90 days'
    OR NOT EXISTS (SELECT 1 FROM users WHERE id::text = u.user_id)
"""


class PostgresUsages:
    """The port Usages."""

    def __init__(self, pool: Pool, alarms: PostgresSecurityEvents) -> None:
        self._pool, self._alarms = pool, alarms

    async def count(self, limit: int) -> tuple[int, datetime | None]:
        """How many judged minutes are kept, at most `limit`, and when the newest of them ended."""
        row = await self._pool.fetchrow(_COUNT, limit)
        return (0, None) if row is None else (row[0], row[1])

    async def history(self, limit: int) -> AsyncIterator[Sequence[Usage]]:
        """The newest judged minutes, newest first, bit by bit."""
        async with self._pool.acquire() as connection, connection.transaction():
            cursor = await connection.cursor(_HISTORY, limit)
            while rows := await cursor.fetch(_SOME):
                yield [_usage(row) for row in rows]

    async def of(self, user_id: str, behind: datetime | None, limit: int) -> Sequence[Usage]:
        """Up to `limit` of a user's minutes behind one, judged or not, oldest first."""
        return [_usage(row) for row in await self._pool.fetch(_OF, user_id, behind, limit)]

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[PostgresLooking]:
        """A transaction in which minutes are judged; what is done in it is kept if the block succeeds."""
        async with self._pool.acquire() as connection, connection.transaction():
            yield PostgresLooking(connection, self._alarms)

    async def make_room(self, now: datetime) -> None:
        """Forget what is more than 90 days old, and what accounts did that are gone; events after 400 days."""
        await self._pool.execute(_FORGET, now)
        await self._alarms.make_room(now)


class PostgresLooking(Looking):
    """Minutes that are to be judged, in one transaction."""

    def __init__(self, connection: Connection, alarms: PostgresSecurityEvents) -> None:
        self._connection, self._alarms = connection, alarms

    async def policy(self) -> Policy:
        """The policy as it is now."""
        return await policy_in(self._connection)

    async def unscored(self, before: datetime, limit: int) -> Sequence[Usage]:
        """The oldest minutes that began before a moment and were not judged since they last changed."""
        return [_usage(row) for row in await self._connection.fetch(_UNSCORED, before, limit)]

    async def judged(self, usage: Usage, scored: Scored | None) -> None:
        """Keep what was found of a minute; None: there is no detector."""
        found = (None, None) if scored is None else (scored.score, scored.unusual)
        hour = (usage.logins, usage.refusals, usage.admin_actions)
        await self._connection.execute(_JUDGED, usage.user_id, usage.minute, *found, *hour)

    async def latest(self, usage: Usage, count: int) -> Sequence[Scored]:
        """The user's newest judged minutes up to this one, of the last hour, newest first."""
        rows = await self._connection.fetch(_LATEST, usage.user_id, usage.minute, count)
        return [Scored(row["calls"], row["score"], row["unusual"]) for row in rows]

    async def tell(self, kind: Kind, key: str, user_id: str, said: Mapping[str, str]) -> bool:
        """Tell a security event; whether it was told."""
        return await self._alarms.tell_in(self._connection, kind, key, user_id=user_id, **said)

    async def block(self, user_id: str, until: datetime) -> bool:
        """Have a user shut out until then; False for an administrator, and for who is shut out or disabled already."""
        return bool(await self._connection.fetchval(_BLOCK, user_id, until))


async def add(connection: Connection, row: Sequence[Any]) -> None:
    """Add what one process saw of a minute: user, minute, six counts, fingerprints of methods and of addresses."""
    await connection.execute(_ADD, *row)


def _usage(row: Any) -> Usage:
    return Usage(**dict(row))
