"""The house that all of these tests ask."""

from pathlib import Path

import pytest_asyncio

from tests.authorization.house import opened


@pytest_asyncio.fixture(scope="session")
async def house(tokens, make_database, redis_url, solvers, tmp_path_factory):
    """All services, wired to one another."""
    folder: Path = tmp_path_factory.mktemp("house")
    async with opened(tokens, make_database, redis_url, solvers, folder) as served:
        yield served
