"""A vault as the settings describe it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import timedelta

from prometheus_client import CollectorRegistry

from chassis.clock import SystemClock
from chassis.postgres import Pool, open_pool
from chassis.settings import DatabaseSettings, VaultSettings
from chassis.vault.column import Column
from chassis.vault.kms import Kms
from chassis.vault.kms_aws import AwsKms
from chassis.vault.kms_local import LocalKms
from chassis.vault.rotation import Periods, Rotation, RotationMeter
from chassis.vault.vault import Bounds, Vault

_CONNECTIONS = 2


@asynccontextmanager
async def open_vault(database: DatabaseSettings, keys: VaultSettings, schema: str) -> AsyncIterator[Vault]:
    """The vault on a migrated schema, with connections of its own."""
    async with await open_pool(database.model_copy(update={"pool_size": _CONNECTIONS}), schema) as pool:
        with _kms(keys) as kms:
            yield Vault(pool, kms, schema, Bounds(opens=keys.key_cache_seconds))


def rotation_of(
    keys: VaultSettings, pool: Pool, vault: Vault, columns: Sequence[Column], registry: CollectorRegistry
) -> Rotation:
    """What replaces the keys, and seals these columns anew; on connections of the service's."""
    periods = Periods(keys=timedelta(days=keys.key_days), pause=keys.rotation_seconds)
    return Rotation(pool, vault, columns, RotationMeter(registry), periods, clock=SystemClock())


@contextmanager
def _kms(keys: VaultSettings) -> Iterator[Kms]:
    if keys.keyring_file is not None:
        yield LocalKms(keys.keyring_file)
        return
    with closing(AwsKms(keys.kms_key or "", keys.kms_url)) as kms:
        yield kms
