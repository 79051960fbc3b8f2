"""One migrated database for all tests of auth; each test finds it empty."""

import secrets

import pytest

from services.auth.adapters.emails_aesgcm import EmailVault
from tests.auth.store import pool_of


@pytest.fixture(scope="session")
async def auth_pool(make_database):
    async with pool_of(make_database()) as pool:
        yield pool


@pytest.fixture
async def empty_pool(auth_pool):
    await auth_pool.execute("DELETE FROM users")
    return auth_pool


@pytest.fixture
def vault():
    return EmailVault(secrets.token_bytes(32), [], secrets.token_bytes(32))
