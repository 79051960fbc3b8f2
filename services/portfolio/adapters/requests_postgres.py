"""Remembered answers: the chassis's table, its error in the domain's words."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from chassis import idempotency
from chassis.reach import alone, named
from services.portfolio.app.ports import Once
from services.portfolio.domain.errors import RequestIdReused

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

_READ = f"""
SELECT body_hash, response FROM requests
WHERE tenant_id = $1 AND user_id = $2 AND method = $3 AND request_id = $4
  AND created_at > now() - interval '24 hours' AND {alone(5)}
"""  # noqa: S608 - ours


async def answered(connection: Connection, once: Once) -> bytes | None:
    """The answer remembered for this call, without claiming it. RequestIdReused."""
    owner = (once.tenant_id, once.user_id)
    row = await connection.fetchrow(_READ, *owner, once.method, once.request_id, named([owner]))
    if row is None:
        return None
    if row["body_hash"] != hashlib.sha256(once.body).digest():
        raise RequestIdReused
    return bytes(row["response"])


async def replayed(connection: Connection, once: Once) -> bytes | None:
    """The answer remembered for this call; None claims it. RequestIdReused."""
    try:
        return await idempotency.replayed(connection, once, once.method, once.request_id, once.body)
    except idempotency.RequestIdReused as error:
        raise RequestIdReused from error


async def remember(connection: Connection, once: Once, answer: bytes) -> None:
    """Keep the answer, in the effect's transaction."""
    await idempotency.remember(connection, once, once.method, once.request_id, answer)
