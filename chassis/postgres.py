"""Connections to a service's own schema."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg

from chassis.errors import PeerUnavailable
from chassis.logging import logger
from chassis.migrations import migrate, password_of
from chassis.settings import DatabaseSettings

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]

_PATIENCE = 30.0  # seconds that a starting server is waited for
_PAUSE = 0.2
_ACQUIRE = 5.0  # seconds to make one connection


async def prepare(settings: DatabaseSettings, schema: str, folder: Path) -> Pool:
    """Migrates `schema` with the revisions in `folder` if the settings say so, then opens the pool."""
    if settings.migration_url is not None:
        password = password_of(settings.database_url.get_secret_value())
        await migrate(settings.migration_url.get_secret_value(), schema, folder, password=password)
    return await open_pool(settings, schema)


async def open_pool(settings: DatabaseSettings, schema: str) -> Pool:
    """Opens a pool whose connections see `schema` first and read jsonb as Python values.

    Waits up to 30 s for the server; raises PeerUnavailable if it does not answer by then. A connection goes back
    to the pool without a round trip to reset it: keep no session state (SET, LISTEN, session locks) on it.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return await _opened(settings, schema)
        except (PeerUnavailable, asyncpg.CannotConnectNowError, asyncpg.InvalidCatalogNameError) as error:
            if time.monotonic() + _PAUSE > deadline:
                raise PeerUnavailable(f"PostgreSQL does not answer within {_PATIENCE:.0f} s") from error
            logger().debug("waiting_for_postgres", schema=schema, error=str(error))
        await asyncio.sleep(_PAUSE)


async def _opened(settings: DatabaseSettings, schema: str) -> Pool:
    pool = asyncpg.create_pool(
        settings.database_url.get_secret_value(),
        min_size=1,
        max_size=settings.pool_size,
        connect=_connect,
        init=_taught,
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


async def _as_it_is(connection: Any) -> None:
    """Leaves a returned connection alone; asyncpg itself has already rolled back an open transaction."""
