"""What a rehearsal stands on."""

from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from chassis.postgres import prepare
from chassis.settings import DatabaseSettings
from services.optimizer.__main__ import MIGRATIONS as JOBS
from services.portfolio.__main__ import MIGRATIONS as PORTFOLIOS
from tests.drill.rehearsal import Stage

TABLES = """
SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables
WHERE schemaname = '{schema}' AND tablename <> 'alembic_version'
"""


@asynccontextmanager
async def _migrated(url, schema, migrations):
    runtime = url.replace("postgres@", f"qpo_{schema}@")
    settings = DatabaseSettings(database_url=runtime, migration_url=url, page_token_key_file=Path("unused"))
    async with await prepare(settings, schema, migrations) as pool:
        yield pool, url


@pytest_asyncio.fixture(scope="session")
async def _portfolios(make_database):
    async with _migrated(make_database(), "portfolio", PORTFOLIOS) as store:
        yield store


@pytest_asyncio.fixture(scope="session")
async def _jobs(make_database):
    async with _migrated(make_database(), "optimizer", JOBS) as store:
        yield store


@pytest.fixture
def emptied_stage(_portfolios, redis_url, postgres, tmp_path):
    """Makes, each time, an empty schema `portfolio` and an empty bus."""
    return partial(_emptied, *_portfolios, redis_url, postgres, tmp_path, "portfolio")


@pytest.fixture
def emptied_job_stage(_jobs, redis_url, postgres, tmp_path):
    """Makes, each time, an empty schema `optimizer` and an empty bus."""
    return partial(_emptied, *_jobs, redis_url, postgres, tmp_path, "optimizer")


@pytest_asyncio.fixture
async def stage(emptied_stage):
    """An empty schema `portfolio`, an empty bus."""
    return await emptied_stage()


@pytest_asyncio.fixture
async def job_stage(emptied_job_stage):
    """An empty schema `optimizer`, an empty bus."""
    return await emptied_job_stage()


async def _emptied(pool, url, redis_url, postgres, folder, schema):
    database = url.rpartition("/")[2].partition("?")[0]
    tables = postgres.execute(TABLES.format(schema=schema), database)
    postgres.execute(f"TRUNCATE {tables.strip()}", database)
    bus_url = f"{redis_url}?db=7"
    async with Redis.from_url(bus_url) as redis:
        await redis.flushdb()
    return Stage(pool, url, bus_url, folder / "keyring.json", schema)
