"""What a rehearsal stands on."""

from pathlib import Path

import pytest_asyncio
from redis.asyncio import Redis

from chassis.postgres import prepare
from chassis.settings import DatabaseSettings
from services.portfolio import migrations
from tests.drill.rehearsal import Stage


@pytest_asyncio.fixture(scope="session")
async def _store(make_database):
    url = make_database()
    runtime = url.replace("postgres@", "qpo_portfolio@")
    settings = DatabaseSettings(database_url=runtime, migration_url=url, page_token_key_file=Path("unused"))
    async with await prepare(settings, "portfolio", Path(migrations.__file__).parent) as pool:
        yield pool, url


@pytest_asyncio.fixture
async def stage(_store, redis_url, postgres):
    """An empty schema `portfolio`, an empty bus."""
    pool, url = _store
    database = url.rpartition("/")[2].partition("?")[0]
    tables = postgres.execute(
        "SELECT string_agg(format('portfolio.%I', tablename), ', ') FROM pg_tables "
        "WHERE schemaname = 'portfolio' AND tablename <> 'alembic_version'",
        database,
    )
    postgres.execute(f"TRUNCATE {tables.strip()}", database)
    bus_url = f"{redis_url}?db=7"
    async with Redis.from_url(bus_url) as redis:
        await redis.flushdb()
    return Stage(pool, url, bus_url)
