import asyncio
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from chassis.migrations import migrate, role_of
from chassis.postgres import password_of, prepare
from chassis.settings import DatabaseSettings

SCHEMA = "gadget"
FOLDER = Path(__file__).parent / "migrations"


async def test_a_schema_is_brought_to_the_newest_revision(database_url):
    assert await migrate(database_url, SCHEMA, FOLDER) == "0001"
    conn = await asyncpg.connect(database_url)
    assert await conn.fetchval("SELECT version_num FROM gadget.alembic_version") == "0001"
    assert await conn.fetchval("SELECT count(*) FROM gadget.things") == 0
    await conn.close()


async def test_migrating_twice_changes_nothing(database_url):
    first = await migrate(database_url, SCHEMA, FOLDER)
    assert await migrate(database_url, SCHEMA, FOLDER) == first


async def test_processes_that_migrate_at_once_wait_for_each_other(database_url):
    assert await asyncio.gather(*(migrate(database_url, SCHEMA, FOLDER) for _ in range(4))) == ["0001"] * 4


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "DROP TABLE things",
        "ALTER TABLE things ADD COLUMN more text",
        "TRUNCATE things",
        "UPDATE alembic_version SET version_num = '0000'",
        "CREATE TABLE public.mine (id int)",
        "CREATE SCHEMA mine",
    ],
)
async def test_the_runtime_role_cannot_change_the_schema(pool, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute(statement)


async def test_the_runtime_role_reads_and_writes_rows_also_of_tables_made_later(pool, database_url):
    owner = await asyncpg.connect(database_url)
    await owner.execute("CREATE TABLE gadget.later (id bigserial PRIMARY KEY)")
    await owner.close()
    assert await pool.fetchval("INSERT INTO later DEFAULT VALUES RETURNING id") == 1
    assert await pool.execute("DELETE FROM later") == "DELETE 1"


async def test_a_schema_is_not_open_to_other_roles(pool, database_url):
    await migrate(database_url, "widget", FOLDER)
    other = await asyncpg.connect(database_url.replace("://postgres@", f"://{role_of('widget')}@"))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await other.fetchval("SELECT count(*) FROM gadget.things")
    await other.close()


async def test_a_failing_revision_leaves_nothing_behind(database_url, tmp_path):
    versions = tmp_path / "versions"
    versions.mkdir()
    (versions / "0001_half.py").write_text(
        "from alembic import op\nrevision = '0001'\ndown_revision = None\n"
        "def upgrade():\n    op.execute('CREATE TABLE half (id int)')\n    op.execute('SELECT nonsense')\n"
    )
    with pytest.raises(Exception, match="nonsense"):
        await migrate(database_url, SCHEMA, tmp_path)
    conn = await asyncpg.connect(database_url)
    assert await conn.fetchval("SELECT to_regclass('gadget.half')") is None
    await conn.close()


async def test_a_name_that_is_not_a_schema_is_refused(database_url):
    with pytest.raises(ValueError, match="cannot be a schema"):
        await migrate(database_url, "Robert'); DROP TABLE", FOLDER)


def test_a_password_is_read_from_the_url_that_states_one():
    assert password_of("postgresql://u:p%40ss@h/d") == "p@ss"
    assert password_of("postgresql://u@/d?host=/run") is None


async def test_the_role_is_given_the_password_of_the_url(database_url):
    await migrate(database_url, SCHEMA, FOLDER, password="it's")
    conn = await asyncpg.connect(database_url)
    assert await conn.fetchval("SELECT rolpassword FROM pg_authid WHERE rolname = 'qpo_gadget'")
    await conn.close()


async def test_a_schema_at_its_newest_revision_is_left_alone(database_url, monkeypatch):
    settings = DatabaseSettings(
        database_url=database_url, migration_url=database_url, page_token_key_file=Path("unused")
    )
    await (await prepare(settings, SCHEMA, FOLDER)).close()

    async def refuse(*_args, **_named):
        raise AssertionError("migrated again")

    monkeypatch.setattr("chassis.migrations.migrate", refuse)
    await (await prepare(settings, SCHEMA, FOLDER)).close()


def job(told):
    """What the program of a Job says and how it ends, told these files."""
    command = [sys.executable, "-m", "chassis.migrate", SCHEMA, str(FOLDER)]
    environment = {**os.environ, "QPO_SECRETS_DIR": str(told)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("role", ["postgres", "postgres:secret"])
def test_the_program_of_a_job_migrates_and_ends_and_does_nothing_the_second_time(database_url, tmp_path, role):
    (tmp_path / "QPO_GADGET_MIGRATION_URL").write_text(database_url)
    (tmp_path / "QPO_GADGET_DATABASE_URL").write_text(database_url.replace("postgres@", f"{role}@"))
    for _ in range(2):
        ended = job(tmp_path)
        assert ended.returncode == 0, ended.stderr
        assert '"revision": "0001"' in ended.stderr + ended.stdout
        assert "secret" not in ended.stderr + ended.stdout


def test_a_job_that_is_not_told_everything_names_what_is_missing(tmp_path):
    ended = job(tmp_path)
    assert ended.returncode == 2
    assert "QPO_GADGET_MIGRATION_URL" in ended.stderr
    assert "QPO_GADGET_DATABASE_URL" in ended.stderr
