"""The schema `auth` in a fresh database, seen through the role that the service has."""

from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

import services.auth
from chassis.postgres import prepare
from chassis.settings import DatabaseSettings

MIGRATIONS = Path(services.auth.__file__).parent / "migrations"


def runtime_url(url):
    """The same database, as `qpo_auth`."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"qpo_auth@{host}"))


@asynccontextmanager
async def pool_of(url, **changes):
    """A pool on the migrated schema."""
    given = {"database_url": SecretStr(runtime_url(url)), "migration_url": SecretStr(url)}
    settings = DatabaseSettings(**(given | {"page_token_key_file": "unused"} | changes))
    pool = await prepare(settings, "auth", MIGRATIONS)
    try:
        yield pool
    finally:
        await pool.close()
