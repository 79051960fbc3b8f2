"""Every table as PostgreSQL has it after the migrations: columns, keys, indexes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg

from chassis.migrations import migrate
from tools.reference.markdown import code, table

ROOT = Path(__file__).resolve().parents[2]
# The migrations' own record.
_BESIDES = "alembic_version"
_COLUMNS = """
    SELECT attribute.attname, format_type(attribute.atttypid, attribute.atttypmod), attribute.attnotnull,
           CASE attribute.attidentity WHEN '' THEN coalesce(pg_get_expr(preset.adbin, preset.adrelid), '')
               ELSE 'next number' END
    FROM pg_attribute attribute
    LEFT JOIN pg_attrdef preset ON (preset.adrelid, preset.adnum) = (attribute.attrelid, attribute.attnum)
    WHERE attribute.attrelid = %s::regclass AND attribute.attnum > 0 AND NOT attribute.attisdropped
    ORDER BY attribute.attnum
"""
_RULES = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = %s::regclass AND contype IN ('p', 'u', 'f', 'c') ORDER BY contype DESC, conname
"""
_INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes
    WHERE schemaname = %s AND tablename = %s
      AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE contype IN ('p', 'u')) ORDER BY indexname
"""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename <> %s ORDER BY tablename"


def schemas() -> list[str]:
    """The services that have one."""
    return sorted(folder.parent.name for folder in (ROOT / "services").glob("*/migrations"))


def migrate_all(url: str) -> None:
    """Brings every service's schema to its newest revision."""
    for schema in schemas():
        asyncio.run(migrate(url, schema, ROOT / "services" / schema / "migrations"))


def tables(url: str) -> str:
    """The schemas in a migrated database, one part per table."""
    with psycopg.connect(url) as connection:
        return "\n".join(_described(connection, schema) for schema in schemas())


def _described(connection: psycopg.Connection[tuple[str, ...]], schema: str) -> str:
    names = [name for (name,) in connection.execute(_TABLES, (schema, _BESIDES))]
    return f"### Schema `{schema}`\n\n" + "\n".join(_table(connection, schema, name) for name in names)


def _table(connection: psycopg.Connection[tuple[str, ...]], schema: str, name: str) -> str:
    full = f"{schema}.{name}"
    columns = connection.execute(_COLUMNS, (full,)).fetchall()
    rows = ((code(column), kind, "" if needed else "may be", preset) for column, kind, needed, preset in columns)
    rules = [rule for _, rule in connection.execute(_RULES, (full,))]
    indexes = [_short(definition, full) for _, definition in connection.execute(_INDEXES, (schema, name))]
    listed = "\n".join(f"- `{item}`" for item in rules + indexes)
    return f"#### `{full}`\n\n" + table(("column", "type", "null", "default"), rows) + f"\n{listed}\n"


def _short(definition: str, full: str) -> str:
    """An index without the words that every one has."""
    return definition.removeprefix("CREATE ").replace(f" ON {full} USING btree", "")
