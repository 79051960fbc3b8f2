"""A keyring of the chassis's own, in a fresh database."""

import asyncpg
import pytest
import pytest_asyncio

from chassis.postgres import prepare
from chassis.vault.keyring_postgres import KEYRING_DDL
from chassis.vault.kms_local import LocalKms
from tests.chassis.conftest import FOLDER, SCHEMA
from tests.chassis.vault.clocks import SetClock

NOTES = """
CREATE TABLE notes (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, body bytea NOT NULL,
                    key_id uuid NOT NULL REFERENCES tenant_keys (id));
CREATE INDEX notes_key ON notes (key_id);
"""


@pytest_asyncio.fixture
async def pool(settings):
    """Tenants' keys, and a table of sealed notes."""
    pool = await prepare(settings, SCHEMA, FOLDER)
    owner = await asyncpg.connect(settings.migration_url.get_secret_value())
    await owner.execute(f"SET search_path TO {SCHEMA}")
    for ddl in (KEYRING_DDL, NOTES):
        await owner.execute(ddl)
    await owner.close()
    yield pool
    await pool.close()


@pytest.fixture
def now():
    return SetClock()


@pytest.fixture
def keyring_file(tmp_path):
    return tmp_path / "keys" / "keyring.json"


@pytest.fixture
def kms(keyring_file, now):
    return LocalKms(keyring_file, clock=now)
