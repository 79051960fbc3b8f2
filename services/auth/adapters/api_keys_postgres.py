"""Keys for machines in PostgreSQL, table `auth.api_keys`; what they are called lies sealed under the tenant's key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from chassis.vault import Column, KeyGone, Sealed, Vault
from services.auth.adapters.trail_postgres import PostgresTrail
from services.auth.domain.api_keys import MOST_KEYS, ApiKey, to_the_hour
from services.auth.domain.audit import Action
from services.auth.domain.errors import ApiKeyNotFound, TooManyApiKeys, UserNotFound

if TYPE_CHECKING:
    import asyncpg

    Pool = asyncpg.Pool[asyncpg.Record]

NAME = Column("auth", "api_keys", "name")

_COLUMNS = "id, user_id, tenant_id, name, key_id, scopes, fingerprint, created_at, expires_at, last_used_at"
_BY_ID = f"SELECT {_COLUMNS} FROM api_keys WHERE id = $1"  # noqa: S608 - made of constants, as the two below
_OF = f"SELECT {_COLUMNS} FROM api_keys WHERE user_id = $1 ORDER BY id DESC"  # noqa: S608
_ADD = f"INSERT INTO api_keys ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL)"  # noqa: S608
# The account's row is the lock: of two keys that are made at once the second counts the first.
_LOCK = "SELECT true FROM users WHERE id = $1 FOR UPDATE"
_COUNT = "SELECT count(*) FROM api_keys WHERE user_id = $1"
_USE = "UPDATE api_keys SET last_used_at = greatest(last_used_at, $2) WHERE id = $1 RETURNING true"
_REMOVE = "DELETE FROM api_keys WHERE id = $1 AND user_id = $2 RETURNING true"


class PostgresApiKeys:
    """Keeps fingerprints of keys, never the keys, and writes down what is done with them."""

    def __init__(self, pool: Pool, vault: Vault, trail: PostgresTrail) -> None:
        self._pool, self._vault, self._trail = pool, vault, trail

    async def add(self, key: ApiKey) -> None:
        """Keep a new key; raises TooManyApiKeys, UserNotFound."""
        name = await self._vault.seal(key.tenant_id, NAME.place(key.id), key.name.encode())
        whose, counts = (key.id, key.user_id, key.tenant_id), (key.fingerprint, key.created_at, key.expires_at)
        async with self._pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval(_LOCK, key.user_id):
                raise UserNotFound
            if await connection.fetchval(_COUNT, key.user_id) >= MOST_KEYS:
                raise TooManyApiKeys
            await connection.execute(_ADD, *whose, name.body, name.key_id, sorted(key.scopes), *counts)
            await self._trail.note(connection, Action.API_KEY_CREATE, f"api_key:{key.id}", key.user_id)

    async def get(self, key_id: str) -> ApiKey | None:
        """The key; None if there is none."""
        row = await self._pool.fetchrow(_BY_ID, key_id)
        return None if row is None else await self._key(row)

    async def of(self, user_id: str) -> Sequence[ApiKey]:
        """The account's keys, newest first."""
        return [key for row in await self._pool.fetch(_OF, user_id) if (key := await self._key(row))]

    async def use(self, key: ApiKey, now: datetime) -> bool:
        """Write down that it is used now; False if it was deleted."""
        async with self._pool.acquire() as connection, connection.transaction():
            is_there = bool(await connection.fetchval(_USE, key.id, to_the_hour(now)))
            if is_there:
                await self._trail.note(connection, Action.USER_LOGIN, f"api_key:{key.id}", key.user_id)
            return is_there

    async def remove(self, user_id: str, key_id: str) -> None:
        """Delete the account's key; raises ApiKeyNotFound."""
        async with self._pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval(_REMOVE, key_id, user_id):
                raise ApiKeyNotFound
            await self._trail.note(connection, Action.API_KEY_DELETE, f"api_key:{key_id}", user_id)

    async def _key(self, row: asyncpg.Record) -> ApiKey | None:
        key_id = str(row["id"])
        try:
            name = await self._vault.open(NAME.place(key_id), Sealed(str(row["key_id"]), row["name"]))
        except KeyGone:
            # Deleted since the row was read: the tenant's key went with the account. If not, that is missing.
            if await self._pool.fetchrow(_BY_ID, key_id) is None:
                return None
            raise
        return ApiKey(
            id=key_id,
            user_id=str(row["user_id"]),
            tenant_id=str(row["tenant_id"]),
            name=name.decode(),
            scopes=frozenset(row["scopes"]),
            fingerprint=row["fingerprint"],
            created_at=row["created_at"],
            expires_at=row["expires_at"],
            last_used_at=row["last_used_at"],
        )
