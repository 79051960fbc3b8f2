"""One migrated database for all tests of auth; each test finds it empty."""

import pytest

from chassis.vault import Vault
from chassis.vault.kms_local import LocalKms
from services.auth.adapters.emails_sealed import emails_from
from tests.auth.store import pool_of


@pytest.fixture(scope="session")
async def auth_pool(make_database):
    async with pool_of(make_database()) as pool:
        yield pool


@pytest.fixture
async def empty_pool(auth_pool):
    await auth_pool.execute("DELETE FROM users")
    return auth_pool


@pytest.fixture(scope="session")
def auth_keyring(tmp_path_factory):
    """Of the keys in that database."""
    return tmp_path_factory.mktemp("keys") / "keyring.json"


@pytest.fixture
async def emails(auth_pool, auth_keyring, tmp_path):
    return await emails_from(Vault(auth_pool, LocalKms(auth_keyring), "auth"), tmp_path)
