"""A schema of the chassis's own, migrated into a fresh database."""

from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from chassis.migrations import role_of
from chassis.postgres import prepare
from chassis.settings import DatabaseSettings

SCHEMA = "gadget"
FOLDER = Path(__file__).parent / "migrations"


def database_settings(owner: str, tmp_path: Path, **changes) -> DatabaseSettings:
    runtime = owner.replace("://postgres@", f"://{role_of(SCHEMA)}@")
    fixed = {"database_url": SecretStr(runtime), "migration_url": SecretStr(owner)}
    return DatabaseSettings(**(fixed | {"page_token_key_file": tmp_path / "page.key"} | changes))


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> DatabaseSettings:
    return database_settings(database_url, tmp_path)


@pytest_asyncio.fixture
async def pool(settings: DatabaseSettings):
    pool = await prepare(settings, SCHEMA, FOLDER)
    yield pool
    await pool.close()
