import asyncpg
import psycopg


async def test_a_fresh_database_answers_asyncpg_and_psycopg(database_url):
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT 1") == 1
    await connection.close()
    with psycopg.connect(database_url) as blocking:
        assert blocking.execute("SHOW server_encoding").fetchone() == ("UTF8",)


def test_two_databases_are_strangers(make_database):
    first, second = make_database(), make_database()
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE things (id int)")
    with psycopg.connect(second) as connection:
        assert connection.execute("SELECT to_regclass('things')").fetchone() == (None,)


def test_the_server_never_runs_as_root(postgres):
    import psutil

    pid = int((postgres.data / "postmaster.pid").read_text().split()[0])
    assert 0 not in psutil.Process(pid).uids()
