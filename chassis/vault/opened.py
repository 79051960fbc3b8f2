"""A vault as the settings describe it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.postgres import open_pool
from chassis.settings import DatabaseSettings, VaultSettings
from chassis.vault.kms import Kms
from chassis.vault.kms_local import LocalKms
from chassis.vault.vault import Bounds, Vault

_CONNECTIONS = 2


@asynccontextmanager
async def open_vault(database: DatabaseSettings, keys: VaultSettings, schema: str) -> AsyncIterator[Vault]:
    """The vault on a migrated schema, with connections of its own."""
    async with await open_pool(database.model_copy(update={"pool_size": _CONNECTIONS}), schema) as pool:
        yield Vault(pool, kms_of(keys), schema, Bounds(opens=keys.key_cache_seconds))


def kms_of(keys: VaultSettings) -> Kms:
    """The key management service."""
    return LocalKms(keys.keyring_file)
