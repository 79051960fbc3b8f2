"""Wrapped keys, in the schema of the service whose fields they open: table `tenant_keys`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from chassis.vault.kms import Wrapped

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    Statements = asyncpg.Pool[asyncpg.Record] | Connection

# A sealed row references its key: none is sealed under a key that is not kept, and no key goes before its rows.
KEYRING_DDL = """
CREATE TABLE tenant_keys (
    id         uuid        PRIMARY KEY,
    -- Nobody's, all zeros, for what the whole schema shares.
    tenant_id  uuid        NOT NULL,
    -- `fields`, or which blind index.
    purpose    text        NOT NULL,
    -- Opened by the key management service alone, for this schema, tenant, purpose and id.
    wrapped    bytea       NOT NULL,
    kek_id     text        NOT NULL,
    wrapped_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Messages that processes were allowed to seal under it.
    granted    bigint      NOT NULL DEFAULT 0,
    -- It opens, and seals no more.
    retired_at timestamptz,
    -- Since then nothing lies under it.
    swept_at   timestamptz
);
CREATE UNIQUE INDEX tenant_keys_present ON tenant_keys (tenant_id, purpose) WHERE retired_at IS NULL;
CREATE INDEX tenant_keys_tenant ON tenant_keys (tenant_id);
CREATE INDEX tenant_keys_wrapped ON tenant_keys (kek_id, wrapped_at);
CREATE INDEX tenant_keys_age ON tenant_keys (created_at) WHERE retired_at IS NULL;
CREATE INDEX tenant_keys_unswept ON tenant_keys (id) WHERE retired_at IS NOT NULL AND swept_at IS NULL;
"""
NOBODY = "00000000-0000-0000-0000-000000000000"
FIELDS = "fields"

_COLUMNS = "id::text, tenant_id::text, purpose, kek_id, wrapped"
_BY_ID = f"SELECT {_COLUMNS} FROM tenant_keys WHERE id = ANY ($1::uuid[])"  # noqa: S608 - made of constants
_PRESENT = f"""
SELECT {_COLUMNS} FROM tenant_keys WHERE tenant_id = $1 AND purpose = $2 AND retired_at IS NULL
"""  # noqa: S608
_GRANT = """
UPDATE tenant_keys SET granted = granted + $2
WHERE tenant_id = ANY ($1::uuid[]) AND purpose = 'fields' AND retired_at IS NULL AND granted + $2 <= $3
RETURNING tenant_id::text, id::text
"""
_RETIRE_SPENT = """
UPDATE tenant_keys SET retired_at = now()
WHERE tenant_id = $1 AND purpose = 'fields' AND retired_at IS NULL AND granted + $2 > $3
"""
_INSERT = """
INSERT INTO tenant_keys (id, tenant_id, purpose, kek_id, wrapped, granted) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant_id, purpose) WHERE retired_at IS NULL DO NOTHING RETURNING true
"""
_DESTROY = "DELETE FROM tenant_keys WHERE tenant_id = $1 RETURNING id::text"


class KeyRow(NamedTuple):
    """A wrapped key and whose it is."""

    id: str
    tenant_id: str
    purpose: str
    wrapped: Wrapped


async def rows(on: Statements, ids: Collection[str]) -> Sequence[KeyRow]:
    """The keys of these ids; those that are not kept are left out."""
    return [_row(found) for found in await on.fetch(_BY_ID, ids)]


async def present(on: Statements, tenant_id: str, purpose: str) -> KeyRow | None:
    """The key that is not retired, None if there is none."""
    found = await on.fetchrow(_PRESENT, tenant_id, purpose)
    return None if found is None else _row(found)


async def grant(on: Statements, tenants: Collection[str], messages: int, most: int) -> dict[str, str]:
    """The id of each tenant's present key, of which so many messages more may be sealed; `most` in all.

    Left out is who has none, or one that has sealed what it may.
    """
    return {found["tenant_id"]: found["id"] for found in await on.fetch(_GRANT, tenants, messages, most)}


async def retire_spent(on: Statements, tenant_id: str, messages: int, most: int) -> None:
    """Retire the tenant's present key if not so many messages more may be sealed under it."""
    await on.execute(_RETIRE_SPENT, tenant_id, messages, most)


async def insert(on: Statements, row: KeyRow, granted: int) -> bool:
    """Keep a new key; False if the tenant has a present one for this purpose."""
    return bool(await on.fetchval(_INSERT, row.id, row.tenant_id, row.purpose, *row.wrapped, granted))


async def destroy(on: Statements, tenant_id: str) -> list[str]:
    """Destroy all keys of a tenant, returning their ids: whatever is left of what they sealed opens no more."""
    return [found["id"] for found in await on.fetch(_DESTROY, tenant_id)]


def _row(found: Any) -> KeyRow:
    id, tenant_id, purpose, kek_id, wrapped = found
    return KeyRow(id, tenant_id, purpose, Wrapped(kek_id, wrapped))
