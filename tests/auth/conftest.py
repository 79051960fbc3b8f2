"""One migrated database for all tests of auth; each test finds it empty."""

import asyncpg
import pytest

from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.vault import Vault
from chassis.vault.kms_local import LocalKms
from services.auth.adapters.audit_sealed import AuditVault
from services.auth.adapters.emails_sealed import emails_from
from services.auth.adapters.security_events_postgres import PostgresSecurityEvents
from services.auth.adapters.security_sealed import SecurityKey
from services.auth.adapters.trail_postgres import PostgresTrail
from tests.auth.audited import LINKS, Audit
from tests.auth.store import pool_of


@pytest.fixture(scope="session")
def auth_url(make_database):
    return make_database()


@pytest.fixture(scope="session")
async def auth_pool(auth_url):
    async with pool_of(auth_url) as pool:
        yield pool


@pytest.fixture
async def owner(auth_pool, auth_url):
    """A connection of the schema's owner, who may do what the service may not."""
    connection = await asyncpg.connect(auth_url, server_settings={"search_path": "auth"})
    yield connection
    await connection.close()


@pytest.fixture
async def empty_pool(auth_pool):
    await auth_pool.execute("DELETE FROM users")
    return auth_pool


@pytest.fixture(scope="session")
def auth_keyring(tmp_path_factory):
    """Of the keys in that database."""
    return tmp_path_factory.mktemp("keys") / "keyring.json"


@pytest.fixture
def trail(auth_pool):
    return PostgresTrail(auth_pool, AuditVault(bytes(32)), Uuid7Ids(), SystemClock())


@pytest.fixture
async def alarms(auth_pool, trail):
    await auth_pool.execute("DELETE FROM security_events")
    return PostgresSecurityEvents(auth_pool, SecurityKey(bytes(32)), trail, Uuid7Ids(), SystemClock())


@pytest.fixture
async def audit(auth_pool, owner, tmp_path):
    await owner.execute("TRUNCATE audit, audit_waiting")
    made = Audit(auth_pool, tmp_path)
    await made.keep.make_room()
    return made


@pytest.fixture
async def full(audit):
    await audit.write(LINKS)
    await audit.chain()
    return audit


@pytest.fixture
def vault(auth_pool, auth_keyring):
    return Vault(auth_pool, LocalKms(auth_keyring), "auth")


@pytest.fixture
async def emails(vault, tmp_path):
    return await emails_from(vault, tmp_path)
