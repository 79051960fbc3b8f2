"""Connections to a service's own schema."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import asyncpg

from chassis.errors import PeerUnavailable
from chassis.logging import logger
from chassis.pool import Pool as Pool  # noqa: PLC0414 - whoever opens a pool may name its type
from chassis.settings import DatabaseSettings, ServiceSettings
from chassis.statements import traced

T = TypeVar("T")

# The server went away under a statement, is away, or is coming up. InternalClientError is what asyncpg says of a
# connection that was lost between two statements and does not know it yet.
GONE = (
    PeerUnavailable,
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
)
# What whoever works beside the calls bears with: the server is gone, or refuses for now.
AWAY = (*GONE, asyncpg.PostgresError)

_PATIENCE = 30.0  # seconds that a starting server is waited for
_PAUSE = 0.2
_ACQUIRE = 5.0  # seconds to make one connection


async def prepare(settings: DatabaseSettings, schema: str, folder: Path) -> Pool:
    """Migrates `schema` with the revisions in `folder` if the settings say so, then opens the pool.

    Waits up to 30 s for the server; raises PeerUnavailable if it does not answer by then.
    """
    if settings.migration_url is not None:
        owner = settings.migration_url.get_secret_value()
        password = password_of(settings.database_url.get_secret_value())
        is_newest = await _awaited(schema, lambda: _is_newest(owner, schema, folder))
        if password is not None or not is_newest:
            # Imported here: Alembic takes longer to import than a service that needs no migration takes to start.
            from chassis.migrations import migrate

            await migrate(owner, schema, folder, password=password)
    return await open_pool(settings, schema)


async def _is_newest(owner: str, schema: str, folder: Path) -> bool:
    """Tells whether the schema stands at the newest revision; revisions are named by their files, `0001_….py`."""
    newest = max(path.name.partition("_")[0] for path in (folder / "versions").glob("[0-9]*.py"))
    connection = await _connect(owner)
    try:
        named = f'"{schema}".alembic_version'
        if await connection.fetchval("SELECT to_regclass($1)", named) is None:
            return False
        return bool(await connection.fetchval(f"SELECT version_num FROM {named}") == newest)  # noqa: S608 - ours
    finally:
        await connection.close()


def password_of(url: str) -> str | None:
    """Returns the password that a database URL states, None if it states none."""
    password = urlsplit(url).password
    return unquote(password) if password else None


async def open_pool(settings: DatabaseSettings, schema: str) -> Pool:
    """Opens a pool whose connections see `schema` first and read jsonb as Python values.

    Waits up to 30 s for the server; raises PeerUnavailable if it does not answer by then. A connection goes back
    to the pool without a round trip to reset it: keep no session state (SET, LISTEN, session locks) on it.
    """
    return await _awaited(schema, lambda: _opened(settings, schema))


async def _awaited(schema: str, ask: Callable[[], Awaitable[T]]) -> T:
    """Asks until the server is there to answer. Raises PeerUnavailable after 30 s."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return await ask()
        except (PeerUnavailable, asyncpg.CannotConnectNowError, asyncpg.InvalidCatalogNameError) as error:
            if time.monotonic() + _PAUSE > deadline:
                raise PeerUnavailable(f"PostgreSQL does not answer within {_PATIENCE:.0f} s") from error
            logger().debug("waiting_for_postgres", schema=schema, error=str(error))
        await asyncio.sleep(_PAUSE)


async def _opened(settings: DatabaseSettings, schema: str) -> Pool:
    pool = Pool(
        settings.database_url.get_secret_value(),
        min_size=1,
        max_size=settings.pool_size,
        connect=_connect,
        init=_taught_and_traced if isinstance(settings, ServiceSettings) and settings.otlp_endpoint else _taught,
        reset=_as_it_is,
        server_settings={"search_path": schema, "application_name": f"qpo-{schema}"},
        timeout=_ACQUIRE,
    )
    await pool
    return pool


async def _connect(*args: Any, **kwargs: Any) -> Any:
    """Connects; any failure to reach the server (refused, no socket file, too slow) is PeerUnavailable."""
    try:
        return await asyncpg.connect(*args, **kwargs)
    except OSError as error:
        raise PeerUnavailable(f"PostgreSQL cannot be reached: {error}") from error


async def _taught(connection: Any) -> None:
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)


async def _taught_and_traced(connection: Any) -> None:
    await _taught(connection)
    connection.add_query_logger(traced)


async def _as_it_is(connection: Any) -> None:
    """Leaves a returned connection alone; asyncpg itself has already rolled back an open transaction."""
