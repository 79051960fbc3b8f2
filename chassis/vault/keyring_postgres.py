"""Wrapped keys, in the schema of the service whose fields they open: table `tenant_keys`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from chassis.vault.kms import Kek, Wrapped

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
    wrapped_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
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
INSERT INTO tenant_keys (id, tenant_id, purpose, kek_id, wrapped, wrapped_at, created_at, granted)
VALUES ($1, $2, $3, $4, $5, $6, $6, $7)
ON CONFLICT (tenant_id, purpose) WHERE retired_at IS NULL DO NOTHING RETURNING true
"""
_DESTROY = "DELETE FROM tenant_keys WHERE tenant_id = $1 RETURNING id::text"


# Three parts, each a range of the index: a part that finds enough spares the others.
_WRAPPED_BEFORE = " UNION ALL ".join(
    f"(SELECT {_COLUMNS} FROM tenant_keys WHERE {which} AND id <> ALL ($3::uuid[]) LIMIT $4)"  # noqa: S608
    for which in ("kek_id < $1", "kek_id > $1", "kek_id = $1 AND wrapped_at < $2")
)
_COUNT_WRAPPED_BEFORE = "SELECT count(*) FROM tenant_keys WHERE kek_id <> $1 OR wrapped_at < $2"
_REWRAP = """
UPDATE tenant_keys SET kek_id = $2, wrapped = $3, wrapped_at = $4 WHERE id = $1 AND wrapped = $5
"""
_RETIRE_OLD = """
UPDATE tenant_keys SET retired_at = now() WHERE retired_at IS NULL AND id IN (
    SELECT id FROM tenant_keys WHERE retired_at IS NULL AND created_at < $1 AND purpose = 'fields' LIMIT $2
)
"""
_UNSWEPT = """
SELECT id::text FROM tenant_keys WHERE retired_at IS NOT NULL AND swept_at IS NULL AND id > $1 ORDER BY id LIMIT $2
"""
_SWEPT = """
UPDATE tenant_keys k SET swept_at = now() WHERE swept_at IS NULL AND retired_at < now() - $1::interval
"""


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


async def insert(on: Statements, row: KeyRow, made_at: datetime, granted: int) -> bool:
    """Keep a new key; False if the tenant has a present one for this purpose."""
    return bool(await on.fetchval(_INSERT, row.id, row.tenant_id, row.purpose, *row.wrapped, made_at, granted))


async def destroy(on: Statements, tenant_id: str) -> list[str]:
    """Destroy all keys of a tenant, returning their ids: whatever is left of what they sealed opens no more."""
    return [found["id"] for found in await on.fetch(_DESTROY, tenant_id)]


async def wrapped_before(on: Statements, kek: Kek, without: Sequence[str], most: int) -> Sequence[KeyRow]:
    """Some of the keys that not the present KEK wrapped, or not what it now consists of; none of those named."""
    return [_row(found) for found in (await on.fetch(_WRAPPED_BEFORE, *kek, without, most))[:most]]


async def count_wrapped_before(on: Statements, kek: Kek) -> int:
    """How many there are."""
    return int(await on.fetchval(_COUNT_WRAPPED_BEFORE, *kek))


async def rewrap(on: Connection, keys: Sequence[tuple[KeyRow, Wrapped]], now: datetime) -> None:
    """Keep keys as they are wrapped now, unless they were wrapped anew since they were read."""
    rows = [(row.id, *wrapped, now, row.wrapped.body) for row, wrapped in keys]
    await on.executemany(_REWRAP, rows)


async def retire_old(on: Statements, before: datetime, most: int) -> int:
    """Retire some of the keys of fields that were made before this time; returns how many."""
    return int((await on.execute(_RETIRE_OLD, before, most)).rpartition(" ")[2])


async def unswept(on: Statements, behind: str, most: int) -> Sequence[str]:
    """Ids of retired keys that rows may still lie under, from behind this one on."""
    return [found["id"] for found in await on.fetch(_UNSWEPT, behind, most)]


async def mark_swept(on: Statements, uses: Sequence[str], grace: timedelta) -> int:
    """Note of keys that were retired so long ago that nothing lies under them; `uses` are conditions on k.id."""
    unused = "".join(f" AND NOT {each}" for each in uses)
    return int((await on.execute(_SWEPT + unused, grace)).rpartition(" ")[2])


def _row(found: Any) -> KeyRow:
    id, tenant_id, purpose, kek_id, wrapped = found
    return KeyRow(id, tenant_id, purpose, Wrapped(kek_id, wrapped))
