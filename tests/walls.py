"""The second wall of a schema, tried without the first: plain statements of the role that the service has."""

from __future__ import annotations

from contextlib import asynccontextmanager

import asyncpg
import pytest

from chassis.postgres import open_pool
from chassis.reach import SYSTEM, enter
from chassis.settings import DatabaseSettings

_TABLES = """
SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
"""
_ROLE = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"


async def over_all(url, schema):
    """A pool that sees over all walls, of a url of the server's superuser."""
    return await open_pool(DatabaseSettings(database_url=url, page_token_key_file="unused"), schema)


class Rolled(Exception):
    """Ends a transaction that leaves nothing behind."""


@asynccontextmanager
async def background(pool):
    """A connection in a transaction of background work."""
    async with pool.acquire() as connection, connection.transaction():
        await enter(connection, SYSTEM)
        yield connection


@asynccontextmanager
async def reaching(pool, reach):
    """A connection in a transaction within a reach, none if that is None; nothing of it is kept."""
    with pytest.raises(Rolled):
        async with pool.acquire() as connection, connection.transaction():
            if reach is not None:
                await enter(connection, reach)
            yield connection
            raise Rolled


async def require_walls(pool, without):
    """Every table has a wall, but for these; and the role does not stand above it."""
    assert not await pool.fetchval(_ROLE)
    walled = dict(tuple(row) for row in await pool.fetch(_TABLES))
    assert {table for table, is_walled in walled.items() if not is_walled} == set(without)


async def seen(pool, reach, table, where, *arguments):
    """How many of these rows a plain SELECT sees."""
    async with reaching(pool, reach) as connection:
        return await connection.fetchval(f"SELECT count(*) FROM {table} WHERE {where}", *arguments)  # noqa: S608


async def changed(pool, reach, statement, *arguments):
    """How many rows an UPDATE or DELETE changes; "refused" if the wall refuses the row that it would leave."""
    tag = "refused"
    async with reaching(pool, reach) as connection:
        try:
            async with connection.transaction():
                tag = await connection.execute(statement, *arguments)
        except asyncpg.InsufficientPrivilegeError as error:
            assert "row-level security" in str(error)
    return tag if tag == "refused" else int(tag.rpartition(" ")[2])
