import asyncio

import asyncpg
import pytest

from chassis.pool import Pool
from chassis.postgres import GONE


@pytest.fixture
async def small(database_url):
    """A pool of four connections, two of which may be kept for single statements."""
    async with Pool(database_url, min_size=1, max_size=4) as pool:
        yield pool


async def pid(pool: Pool) -> int:
    return await pool.fetchval("SELECT pg_backend_pid()")


async def test_statements_one_after_another_take_the_same_connection(small):
    assert len({await pid(small) for _ in range(5)}) == 1


async def test_each_way_to_run_a_statement_answers_as_asyncpg_does(small):
    assert await small.execute("CREATE TABLE t (n int)") == "CREATE TABLE"
    assert await small.execute("INSERT INTO t VALUES ($1), ($2)", 1, 2) == "INSERT 0 2"
    assert [row["n"] for row in await small.fetch("SELECT n FROM t ORDER BY n")] == [1, 2]
    assert (await small.fetchrow("SELECT max(n) AS most FROM t"))["most"] == 2
    assert await small.fetchrow("SELECT n FROM t WHERE n = 7") is None
    assert await small.fetchval("SELECT n, n + 10 FROM t WHERE n = $1", 1, column=1) == 11


async def test_kept_connections_leave_room_for_transactions(small):
    await asyncio.gather(*(small.fetchval("SELECT pg_sleep(0.05)") for _ in range(8)))
    async with asyncio.timeout(5), small.acquire() as one, small.acquire() as other:
        assert await one.fetchval("SELECT pg_backend_pid()") != await other.fetchval("SELECT pg_backend_pid()")
        assert await small.fetchval("SELECT 1") == 1


async def test_more_statements_than_connections_wait_their_turn(small):
    async with asyncio.timeout(20):
        found = await asyncio.gather(*(small.fetchval("SELECT $1::int", n) for n in range(200)))
    assert found == list(range(200))
    assert small.get_size() <= 4


async def test_a_pool_of_one_connection_serves_statements_too(database_url):
    async with Pool(database_url, min_size=1, max_size=1) as pool:
        assert await asyncio.gather(*(pool.fetchval("SELECT $1::int", n) for n in range(3))) == [0, 1, 2]


async def test_a_statement_that_fails_leaves_the_next_one_alone(small):
    for _ in range(6):
        with pytest.raises(asyncpg.DivisionByZeroError):
            await small.fetchval("SELECT 1 / 0")
    assert await small.fetchval("SELECT 1") == 1


async def test_a_cancelled_statement_is_ended_on_the_server_and_its_connection_serves_on(small):
    for _ in range(6):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await small.fetchval("SELECT pg_sleep(30)")
    assert await small.fetchval("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(30)'") == 0
    async with asyncio.timeout(5):
        assert await asyncio.gather(*(small.fetchval("SELECT $1::int", n) for n in range(8))) == list(range(8))


async def test_a_connection_that_the_server_ended_is_replaced(small):
    lost = await pid(small)
    async with small.acquire() as other:
        await other.execute("SELECT pg_terminate_backend($1)", lost)
    for _ in range(20):
        try:
            assert await pid(small) != lost
            break
        except GONE:
            continue
    assert await asyncio.gather(*(small.fetchval("SELECT $1::int", n) for n in range(8))) == list(range(8))


async def test_connections_that_were_lost_at_rest_are_replaced_without_a_failure(small, database_url):
    await asyncio.gather(*(small.fetchval("SELECT pg_sleep(0.05)") for _ in range(2)))
    root = await asyncpg.connect(database_url)
    await root.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    await root.close()
    # A moment in which the news of their end arrives.
    await asyncio.sleep(0.2)
    for _ in range(3):
        assert await small.fetchval("SELECT 1") == 1


async def test_a_changed_table_is_read_as_it_is_now(small):
    await small.execute("CREATE TABLE shape (n int)")
    await small.execute("INSERT INTO shape VALUES (1)")
    assert dict(await small.fetchrow("SELECT * FROM shape")) == {"n": 1}
    async with small.acquire() as other:
        await other.execute("ALTER TABLE shape ADD COLUMN name text DEFAULT 'round'")
    assert dict(await small.fetchrow("SELECT * FROM shape")) == {"n": 1, "name": "round"}


async def test_closing_waits_for_the_statements_under_way(database_url):
    pool = await Pool(database_url, min_size=1, max_size=4)
    await pool.fetchval("SELECT 1")
    late = asyncio.ensure_future(pool.fetchval("SELECT pg_sleep(0.2), 7", column=1))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await pool.close()
    assert await late == 7
    with pytest.raises(asyncpg.InterfaceError):
        await pool.fetchval("SELECT 1")
