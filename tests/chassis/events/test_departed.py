"""Whoever left leaves nothing behind, however their last inserts and their departure fall together."""

import asyncio

import pytest
import pytest_asyncio
import uuid_utils

from chassis.departed import depart, require_inserted
from chassis.errors import Unauthenticated

GUARDED = "INSERT INTO effects (event_id, key, seq, by) SELECT '', $1::uuid::text, 1, '' WHERE stays($1::uuid)"
THEIRS = "SELECT count(*) FROM effects WHERE key = $1"


@pytest.fixture
def user():
    return str(uuid_utils.uuid7())


@pytest_asyncio.fixture
async def leave(pool):
    async def leave(user):
        async with pool.acquire() as connection, connection.transaction():
            await depart(connection, user)
            await connection.execute("DELETE FROM effects WHERE key = $1", user)

    return leave


async def test_before_the_departure_an_insert_inserts_and_after_it_does_not(pool, user, leave):
    require_inserted(await pool.execute(GUARDED, user))
    await leave(user)
    with pytest.raises(Unauthenticated):
        require_inserted(await pool.execute(GUARDED, user))
    assert await pool.fetchval(THEIRS, user) == 0


async def test_others_are_not_held_up(pool, user, leave):
    await leave(user)
    require_inserted(await pool.execute(GUARDED, str(uuid_utils.uuid7())))


async def test_a_departure_waits_for_an_insert_that_began_before_and_deletes_its_row(pool, user, leave):
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(GUARDED, user)
        leaving = asyncio.ensure_future(leave(user))
        await asyncio.sleep(0.2)
        assert not leaving.done()
    await leaving
    assert await pool.fetchval(THEIRS, user) == 0


async def test_an_insert_that_waited_for_the_departure_sees_it(pool, user):
    async with pool.acquire() as leaver, pool.acquire() as writer:
        async with leaver.transaction():
            await depart(leaver, user)
            inserting = asyncio.ensure_future(writer.execute(GUARDED, user))
            await asyncio.sleep(0.2)
            assert not inserting.done()
        assert await inserting == "INSERT 0 0"


async def test_whoever_leaves_while_they_write_leaves_no_row(pool, leave):
    async def write(user):
        for _ in range(20):
            if await pool.execute(GUARDED, user) == "INSERT 0 0":
                return

    for _ in range(15):
        user = str(uuid_utils.uuid7())
        await asyncio.gather(*(write(user) for _ in range(4)), leave(user))
        assert await pool.fetchval(THEIRS, user) == 0


async def test_to_leave_twice_is_to_leave(pool, user, leave):
    await leave(user)
    await leave(user)
    assert await pool.fetchval("SELECT count(*) FROM departed WHERE user_id = $1", user) == 1
