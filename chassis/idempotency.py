"""A repeated request has one effect: the first answer is kept beside the effect and given again.

Both functions run inside the effect's transaction. Of two concurrent requests with one id the second waits at the
unique key until the first commits (then it reads that answer) or aborts (then the effect is its own).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Protocol

from chassis.reach import SYSTEM, alone

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
else:
    Connection = Any

DDL = """
CREATE TABLE requests (
    tenant_id  text        NOT NULL,
    user_id    text        NOT NULL,
    method     text        NOT NULL,
    request_id text        NOT NULL,
    body_hash  bytea       NOT NULL,
    response   bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, user_id, method, request_id)
);
CREATE INDEX requests_created_at ON requests (created_at);
"""

# A row older than a day is taken over as if it were not there.
_CLAIM = """
INSERT INTO requests AS r (tenant_id, user_id, method, request_id, body_hash)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (tenant_id, user_id, method, request_id) DO UPDATE
    SET body_hash = EXCLUDED.body_hash, response = NULL, created_at = now()
    WHERE r.created_at < now() - interval '24 hours'
RETURNING true
"""
_READ = """
SELECT body_hash, response FROM requests
WHERE tenant_id = $1 AND user_id = $2 AND method = $3 AND request_id = $4
"""
_FORGET = f"DELETE FROM requests WHERE created_at < now() - interval '24 hours' AND {alone(1)}"  # noqa: S608 - ours
_KEEP = """
UPDATE requests SET response = $5
WHERE tenant_id = $1 AND user_id = $2 AND method = $3 AND request_id = $4
"""


class Who(Protocol):
    """Whose request it is: a Principal, or what an adapter was told of one."""

    @property
    def user_id(self) -> str:
        """The user."""
        ...

    @property
    def tenant_id(self) -> str:
        """Their tenant."""
        ...


class RequestIdReused(Exception):
    """The request id was used for another request within the last 24 hours."""


async def replayed(conn: Connection, who: Who, method: str, request_id: str, body: bytes) -> bytes | None:
    """Returns the answer given before, or None if the effect is the caller's to make (and `remember`).

    Without a request id there is nothing to repeat: None. Raises RequestIdReused if `body` is another than then.
    """
    if not request_id:
        return None
    digest = hashlib.sha256(body).digest()
    if await conn.fetchval(_CLAIM, who.tenant_id, who.user_id, method, request_id, digest):
        return None
    row = await conn.fetchrow(_READ, who.tenant_id, who.user_id, method, request_id)
    if row is None or row["response"] is None:
        raise RuntimeError(f"{method} committed a request id without remembering its answer")
    if row["body_hash"] != digest:
        raise RequestIdReused(f"request_id {request_id!r} was used for another request")
    return bytes(row["response"])


async def remember(conn: Connection, who: Who, method: str, request_id: str, response: bytes) -> None:
    """Keeps the answer for 24 hours, in the same transaction as the effect."""
    if request_id:
        await conn.execute(_KEEP, who.tenant_id, who.user_id, method, request_id, response)


async def forget(conn: Connection) -> int:
    """Deletes the answers that are older than 24 hours; returns how many."""
    done = await conn.execute(_FORGET, SYSTEM)
    return int(done.rpartition(" ")[2])
