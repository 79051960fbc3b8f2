"""Schemas by Alembic: revisions are SQL, one folder and one version table per service.

Run by a role that owns the schema. The service itself connects as `qpo_<schema>`, which may read and write rows
and nothing more.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from psycopg import sql

from chassis.logging import logger
from chassis.reach import SYSTEM

_LOCK = 0x71706F  # one migration at a time per database: "qpo"
_SCHEMA_NAME = re.compile(r"^[a-z][a-z0-9_]{0,40}$")
_VERSIONS = "alembic_version"


async def migrate(migration_url: str, schema: str, folder: Path, *, password: str | None = None) -> str:
    """Brings `schema` to the newest revision in `folder`/versions and grants its runtime role; returns the revision.

    `password` is given to the role `qpo_<schema>`; none leaves it as it is (local sockets trust it). Several
    processes may call this at once: the others wait and find nothing to do.
    """
    if not _SCHEMA_NAME.match(schema):
        raise ValueError(f"{schema!r} cannot be a schema's name")
    return await asyncio.to_thread(_migrate, migration_url, schema, folder, password)


def role_of(schema: str) -> str:
    """Returns the name of the role that the service connects as."""
    return f"qpo_{schema}"


def _migrate(url: str, schema: str, folder: Path, password: str | None) -> str:
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=sqlalchemy.pool.NullPool
    )
    with engine.begin() as connection:
        raw: Any = connection.connection.driver_connection
        _prepare(raw, schema, password)
        revision = _upgrade(connection, schema, folder)
        _grant(raw, schema)
    logger().info("migrated", schema=schema, revision=revision)
    return revision


def _prepare(raw: Any, schema: str, password: str | None) -> None:
    """Locks until the transaction ends, then makes schema and role."""
    names = {"schema": sql.Identifier(schema), "role": sql.Identifier(role_of(schema))}
    raw.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    raw.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {schema}").format(**names))
    raw.execute(
        sql.SQL(
            "DO $$ BEGIN CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE; "
            # Roles belong to the whole server, so another database's migration may be making it too.
            "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        ).format(**names)
    )
    if password is not None:
        raw.execute(sql.SQL("ALTER ROLE {role} PASSWORD {p}").format(p=sql.Literal(password), **names))
    raw.execute(sql.SQL("SET LOCAL search_path TO {schema}").format(**names))
    # The schema's owner stands before the walls too (chassis.reach), unless it is a superuser.
    raw.execute("SELECT set_config('qpo.reach', %s, true)", (SYSTEM,))


def _upgrade(connection: Any, schema: str, folder: Path) -> str:
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)

    def steps(current: Any, _: Any) -> Any:
        return script._upgrade_revs("head", current)

    with EnvironmentContext(config, script, fn=steps, destination_rev="head") as environment:
        environment.configure(connection=connection, version_table=_VERSIONS, version_table_schema=schema)
        environment.run_migrations()
    return script.get_current_head() or ""


def _grant(raw: Any, schema: str) -> None:
    """Lets the runtime role read and write rows, also of tables to come; not the version table's, and no DDL."""
    names = {
        "schema": sql.Identifier(schema),
        "role": sql.Identifier(role_of(schema)),
        "versions": sql.Identifier(schema, _VERSIONS),
    }
    for statement in (
        "REVOKE ALL ON SCHEMA {schema} FROM PUBLIC",
        "GRANT USAGE ON SCHEMA {schema} TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {role}",
        "REVOKE INSERT, UPDATE, DELETE ON {versions} FROM {role}",
    ):
        raw.execute(sql.SQL(statement).format(**names))
