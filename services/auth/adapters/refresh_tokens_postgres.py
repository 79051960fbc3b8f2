"""The families of refresh tokens in PostgreSQL, tables `auth.token_families` and `auth.refresh_tokens`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import asyncpg

from chassis import context
from chassis.logging import logger
from services.auth.adapters.security_events_postgres import PostgresSecurityEvents
from services.auth.adapters.trail_postgres import PostgresTrail
from services.auth.domain.audit import Action
from services.auth.domain.errors import RefreshTokenInvalid, UserNotFound
from services.auth.domain.refresh_tokens import (
    REFRESH_TOKEN_LIFETIME,
    REMEMBERED,
    RefreshToken,
    Session,
    Verdict,
    fingerprint,
    judge,
    successor_of,
)
from services.auth.domain.security import Kind

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

_NEW_FAMILY = "INSERT INTO token_families (id, user_id, expires_at, methods) VALUES ($1, $2, $3, $4)"
_NEW_TOKEN = "INSERT INTO refresh_tokens (fingerprint, family_id, expires_at) VALUES ($1, $2, $3)"  # noqa: S105
_FORGET_FAMILIES = "DELETE FROM token_families WHERE user_id = $1 AND expires_at < $2"
_FORGET_TOKENS = "DELETE FROM refresh_tokens WHERE family_id = $1 AND expires_at < $2"
# The family's row is the lock: whatever is done with its tokens is done one after the other.
_LOCK = """
SELECT f.id FROM token_families f JOIN refresh_tokens t ON t.family_id = f.id WHERE t.fingerprint = $1 FOR UPDATE OF f
"""
_SHOWN = """
SELECT t.fingerprint, t.family_id, f.user_id, t.expires_at, t.spent_at, f.revoked_at, f.methods
FROM refresh_tokens t JOIN token_families f ON f.id = t.family_id WHERE t.fingerprint = $1
"""
_SPEND = "UPDATE refresh_tokens SET spent_at = $2 WHERE fingerprint = $1"
_PROLONG = "UPDATE token_families SET expires_at = $2 WHERE id = $1"
_REVOKE = "UPDATE token_families SET revoked_at = COALESCE(revoked_at, $2) WHERE id = $1"
_SESSIONS = "SELECT started_at, expires_at, revoked_at FROM token_families WHERE user_id = $1 ORDER BY started_at, id"
_REVOKE_OF = """
UPDATE token_families SET revoked_at = $2
WHERE revoked_at IS NULL AND id = (SELECT family_id FROM refresh_tokens WHERE fingerprint = $1)
RETURNING user_id::text
"""


class PostgresRefreshTokens:
    """Keeps fingerprints of refresh tokens, never the tokens, and writes logins and logouts down."""

    def __init__(self, pool: Pool, trail: PostgresTrail, alarms: PostgresSecurityEvents) -> None:
        self._pool, self._trail, self._alarms = pool, trail, alarms

    async def start(self, token: RefreshToken) -> None:
        """Keep the first token of a new family, and forget the user's families that ended long ago.

        Raises UserNotFound.
        """
        forgotten = token.expires_at - REFRESH_TOKEN_LIFETIME - REMEMBERED
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_FORGET_FAMILIES, token.user_id, forgotten)
            family = (token.family_id, token.user_id, token.expires_at, token.methods)
            try:
                await connection.execute(_NEW_FAMILY, *family)
            except asyncpg.ForeignKeyViolationError:
                raise UserNotFound from None
            await connection.execute(_NEW_TOKEN, token.fingerprint, token.family_id, token.expires_at)
            await self._trail.note(connection, Action.USER_LOGIN, f"user:{token.user_id}", token.user_id)

    async def rotate(self, spent: bytes, successor: str, now: datetime) -> RefreshToken:
        """Spend the token with this fingerprint and keep its successor, both or neither; return the successor.

        Returns the successor that was kept before where `judge` says so. Raises RefreshTokenInvalid as it decides; the
        end of a family is committed before that.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            rotated = await self._judged(connection, spent, successor, now)
        if rotated is None:
            raise RefreshTokenInvalid
        return rotated

    async def end_family(self, fingerprint: bytes, now: datetime) -> None:
        """Revoke the family of this token; nothing happens if there is none."""
        async with self._pool.acquire() as connection, connection.transaction():
            user_id = await connection.fetchval(_REVOKE_OF, fingerprint, now)
            if user_id is not None:
                await self._trail.note(connection, Action.USER_LOGOUT, f"user:{user_id}", user_id)

    async def sessions(self, user_id: str) -> Sequence[Session]:
        """The user's families, oldest first."""
        return [Session(*row) for row in await self._pool.fetch(_SESSIONS, user_id)]

    async def _judged(self, connection: Connection, spent: bytes, successor: str, now: datetime) -> RefreshToken | None:
        shown = await self._locked(connection, spent)
        if shown is None:
            return None
        given = None if shown.spent_at is None else await self._kept(connection, fingerprint(successor))
        match judge(shown, now, given):
            case Verdict.SPEND:
                return await self._replaced(connection, shown, successor, now)
            case Verdict.GIVE_AGAIN:
                return given
            case Verdict.REVOKE_FAMILY:
                await connection.execute(_REVOKE, shown.family_id, now)
                await self._trail.reused(connection, shown.user_id)
                await self._alarm(connection, shown)
        return None

    async def _alarm(self, connection: Connection, shown: RefreshToken) -> None:
        logger().warning("refresh_token_reused", user_id=shown.user_id, family_id=shown.family_id)
        said = {"user_id": shown.user_id, "ip_address": context.client_address()}
        detail = "a spent refresh token came back: its family has ended"
        await self._alarms.tell_in(connection, Kind.REFRESH_TOKEN_REUSED, shown.family_id, **said, detail=detail)

    async def _locked(self, connection: Connection, fingerprint: bytes) -> RefreshToken | None:
        """The token as it is once nobody else works on its family; None if it is unknown."""
        if await connection.fetchval(_LOCK, fingerprint) is None:
            return None
        return await self._kept(connection, fingerprint)

    async def _kept(self, connection: Connection, fingerprint: bytes) -> RefreshToken | None:
        """The token with this fingerprint; None if it is unknown."""
        row = await connection.fetchrow(_SHOWN, fingerprint)
        return None if row is None else _token(row)

    async def _replaced(
        self, connection: Connection, shown: RefreshToken, successor: str, now: datetime
    ) -> RefreshToken:
        token = successor_of(shown, successor, now)
        await connection.execute(_SPEND, shown.fingerprint, now)
        await connection.execute(_NEW_TOKEN, token.fingerprint, token.family_id, token.expires_at)
        await connection.execute(_PROLONG, token.family_id, token.expires_at)
        await connection.execute(_FORGET_TOKENS, token.family_id, now - REMEMBERED)
        return token


def _token(row: asyncpg.Record) -> RefreshToken:
    return RefreshToken(
        fingerprint=row["fingerprint"],
        family_id=str(row["family_id"]),
        user_id=str(row["user_id"]),
        expires_at=row["expires_at"],
        spent_at=row["spent_at"],
        family_revoked=row["revoked_at"] is not None,
        methods=tuple(row["methods"]),
    )
