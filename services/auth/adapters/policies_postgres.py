"""The security policy in PostgreSQL: the one row of `auth.security_policy`, or none while nobody has changed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from services.auth.app.ports import Clock
from services.auth.domain.errors import EtagMismatch
from services.auth.domain.security import Policy, Response

if TYPE_CHECKING:
    import asyncpg

    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

_FIELDS = "anomaly_action, anomaly_score, consecutive_minutes, least_calls, injection_action, block_minutes"
_GET = f"SELECT {_FIELDS}, version, updated_at FROM security_policy"  # noqa: S608 - made of constants, as below
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('security_policy of ' || current_schema(), 0))"
_SET = f"""
INSERT INTO security_policy ({_FIELDS}, version, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (one) DO UPDATE SET ({_FIELDS}, version, updated_at) = ($1, $2, $3, $4, $5, $6, $7, $8)
"""  # noqa: S608


class PostgresPolicies:
    """The port Policies."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool, self._clock = pool, clock

    async def get(self) -> Policy:
        """As it is now."""
        return await policy_in(self._pool)

    async def change(self, changes: Mapping[str, Any], version: int | None) -> Policy:
        """Replace these fields and return all; raises EtagMismatch if a version is given and the stored is another."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_LOCK)
            stored = await policy_in(connection)
            if version is not None and version != stored.version:
                raise EtagMismatch
            changed = replace(stored, **changes)
            if changed == stored:
                return stored
            changed = replace(changed, version=stored.version + 1, updated_at=self._clock.now())
            names = (*_FIELDS.split(", "), "version", "updated_at")
            await connection.execute(_SET, *(getattr(changed, name) for name in names))
            return changed


async def policy_in(connection: Connection | Pool) -> Policy:
    """The policy as this connection sees it."""
    row = await connection.fetchrow(_GET)
    if row is None:
        return Policy()
    found = dict(row)
    found |= {name: Response(found[name]) for name in ("anomaly_action", "injection_action")}
    return Policy(**found)
