import asyncpg
import pytest
from pydantic import SecretStr

from chassis import postgres
from chassis.errors import PeerUnavailable


async def test_jsonb_reads_as_it_was_written(pool):
    body = {"weights": [0.5, 0.25], "name": "Zoë"}
    await pool.execute("INSERT INTO things (name, body) VALUES ('a', $1)", body)
    assert await pool.fetchval("SELECT body FROM things") == body


async def test_names_without_a_schema_are_the_services_own(pool):
    assert await pool.fetchval("SELECT current_schema()") == "gadget"
    assert await pool.fetchval("SELECT current_user") == "qpo_gadget"


async def test_a_connection_returns_to_the_pool_without_its_transaction(pool):
    async with pool.acquire() as conn:
        await conn.execute("BEGIN")
        await conn.execute("INSERT INTO things (name) VALUES ('lost')")
    assert await pool.fetchval("SELECT count(*) FROM things") == 0


async def test_a_server_that_never_answers_is_an_unavailable_peer(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(postgres, "_PATIENCE", 0.3)
    nowhere = SecretStr(f"postgresql://nobody@/qpo?host={tmp_path}")
    with pytest.raises(PeerUnavailable, match="does not answer"):
        await postgres.open_pool(settings.model_copy(update={"database_url": nowhere}), "gadget")


async def test_a_wrong_role_is_told_at_once_and_not_waited_for(settings, database_url, pool):
    wrong = SecretStr(database_url.replace("://postgres@", "://stranger@"))
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await postgres.open_pool(settings.model_copy(update={"database_url": wrong}), "gadget")


async def test_without_a_migration_url_the_schema_is_taken_as_it_is(settings, pool):
    plain = settings.model_copy(update={"migration_url": None})
    second = await postgres.prepare(plain, "gadget", pool)
    assert await second.fetchval("SELECT count(*) FROM things") == 0
    await second.close()
