"""Second factors in PostgreSQL, tables `auth.second_factors` and `auth.recovery_codes`.

A secret lies sealed under its tenant's key, in its account's row alone. A code is used up by one statement: of any
number of calls with it, at any number of replicas, one finds it unused.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import asyncpg

from chassis.vault import Column, KeyGone, Sealed, Vault
from services.auth.adapters.trail_postgres import PostgresTrail
from services.auth.domain.audit import Action
from services.auth.domain.errors import SecondFactorOff, SecondFactorOn, UserNotFound
from services.auth.domain.second_factors import SecondFactor

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]

SECRET = Column("auth", "second_factors", "secret")

_OF = "SELECT id::text, tenant_id::text, secret, key_id::text, begun_at, confirmed_at FROM second_factors WHERE id = $1"
_BEGIN = """
INSERT INTO second_factors (id, tenant_id, secret, key_id, begun_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE
SET tenant_id = excluded.tenant_id, secret = excluded.secret, key_id = excluded.key_id, begun_at = excluded.begun_at
WHERE second_factors.confirmed_at IS NULL
RETURNING true
"""
# By when it was begun: what was read may have been replaced since.
_CONFIRM = """
UPDATE second_factors SET confirmed_at = $3, last_step = $4
WHERE id = $1 AND begun_at = $2 AND confirmed_at IS NULL RETURNING true
"""
_ADD_RECOVERY = "INSERT INTO recovery_codes (user_id, fingerprint) SELECT $1, unnest($2::bytea[])"
_TAKE = """
UPDATE second_factors SET last_step = $3
WHERE id = $1 AND begun_at = $2 AND confirmed_at IS NOT NULL AND last_step < $3 RETURNING true
"""
_RECOVER = "DELETE FROM recovery_codes WHERE user_id = $1 AND fingerprint = $2 RETURNING true"
_REMOVE = "DELETE FROM second_factors WHERE id = $1 RETURNING true"


class PostgresSecondFactors:
    """The port SecondFactors."""

    def __init__(self, pool: Pool, vault: Vault, trail: PostgresTrail) -> None:
        self._pool, self._vault, self._trail = pool, vault, trail

    async def of(self, user_id: str) -> SecondFactor | None:
        """The account's, confirmed or not; None if there is none."""
        row = await self._pool.fetchrow(_OF, user_id)
        if row is None:
            return None
        try:
            secret = await self._vault.open(SECRET.place(row["id"]), Sealed(row["key_id"], row["secret"]))
        except KeyGone:
            # Deleted since the row was read: the key went with the account. If not, the key is missing.
            if await self._pool.fetchrow(_OF, user_id) is None:
                return None
            raise
        return SecondFactor(row["id"], row["tenant_id"], secret.decode(), row["begun_at"], row["confirmed_at"])

    async def begin(self, factor: SecondFactor) -> None:
        """Keep it in place of one that was not confirmed; raises SecondFactorOn, UserNotFound."""
        sealed = await self._vault.seal(factor.tenant_id, SECRET.place(factor.user_id), factor.secret.encode())
        row = (factor.user_id, factor.tenant_id, sealed.body, sealed.key_id, factor.begun_at)
        try:
            begun = await self._pool.fetchval(_BEGIN, *row)
        except asyncpg.ForeignKeyViolationError:
            raise UserNotFound from None
        if not begun:
            raise SecondFactorOn

    async def confirm(self, factor: SecondFactor, step: int, recovery: Sequence[bytes], now: datetime) -> None:
        """Switch it on, its step taken; raises SecondFactorOff if it is not the account's any more, or on already."""
        async with self._pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval(_CONFIRM, factor.user_id, factor.begun_at, now, step):
                raise SecondFactorOff
            await connection.execute(_ADD_RECOVERY, factor.user_id, recovery)
            await self._trail.note(connection, Action.SECOND_FACTOR_ON, f"user:{factor.user_id}", factor.user_id)

    async def take(self, factor: SecondFactor, step: int) -> bool:
        """Take a step, for this call and no other; False if it, or a newer one, was taken."""
        return bool(await self._pool.fetchval(_TAKE, factor.user_id, factor.begun_at, step))

    async def recover(self, factor: SecondFactor, fingerprint: bytes) -> bool:
        """Use a recovery code up; False if there is none with this fingerprint (any more)."""
        async with self._pool.acquire() as connection, connection.transaction():
            found = bool(await connection.fetchval(_RECOVER, factor.user_id, fingerprint))
            if found:
                resource = f"user:{factor.user_id}"
                await self._trail.note(connection, Action.RECOVERY_CODE_USE, resource, factor.user_id)
            return found

    async def remove(self, user_id: str, action: Action) -> bool:
        """Remove the account's with its recovery codes, written down as this action; False if there was none."""
        async with self._pool.acquire() as connection, connection.transaction():
            removed = bool(await connection.fetchval(_REMOVE, user_id))
            if removed:
                await self._trail.note(connection, action, f"user:{user_id}", user_id)
            return removed
