"""Remembered answers: the chassis's table, its error in the domain's words, and what tells of a portfolio sealed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from chassis import idempotency
from chassis.reach import alone, named
from chassis.vault import Place
from services.portfolio.adapters.details_sealed import SealedDetails
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


async def answered(connection: Connection, details: SealedDetails, once: Once) -> bytes | None:
    """The answer remembered for this call, without claiming it. RequestIdReused."""
    owner = (once.tenant_id, once.user_id)
    row = await connection.fetchrow(_READ, *owner, once.method, once.request_id, named([owner]))
    if row is None:
        return None
    if row["body_hash"] != hashlib.sha256(once.body).digest():
        raise RequestIdReused
    return await details.unpack(place_of(once), bytes(row["response"]))


async def replayed(connection: Connection, details: SealedDetails, once: Once) -> bytes | None:
    """The answer remembered for this call; None claims it. RequestIdReused."""
    try:
        answer = await idempotency.replayed(connection, once, once.method, once.request_id, once.body)
    except idempotency.RequestIdReused as error:
        raise RequestIdReused from error
    return None if answer is None else await details.unpack(place_of(once), answer)


async def remember(connection: Connection, details: SealedDetails, once: Once, answer: bytes, tenant_id: str) -> None:
    """Keep the answer, sealed under this tenant's key, in the effect's transaction."""
    sealed = await details.pack(tenant_id, place_of(once), answer) if answer else answer
    await idempotency.remember(connection, once, once.method, once.request_id, sealed)


def place_of(once: Once) -> Place:
    """Where the answer of a call lies."""
    return Place("portfolio.requests", "response", f"{once.tenant_id}/{once.user_id}/{once.method}/{once.request_id}")
