"""A migrated schema, shared by the module's tests: each of them uses owners of its own."""

import uuid
from pathlib import Path

import pytest
import pytest_asyncio

from chassis.postgres import prepare
from chassis.settings import DatabaseSettings
from services.portfolio import migrations
from services.portfolio.app.ports import Reach


@pytest_asyncio.fixture(scope="package")
async def pool(make_database):
    """Connections as the runtime role, which has no DDL."""
    url = make_database()
    settings = DatabaseSettings(
        database_url=url.replace("postgres@", "qpo_portfolio@"), migration_url=url, page_token_key_file=Path("unused")
    )
    async with await prepare(settings, "portfolio", Path(migrations.__file__).parent) as pool:
        yield pool


@pytest.fixture
def owner():
    """Somebody new."""
    return Reach(str(uuid.uuid4()), str(uuid.uuid4()))
