import asyncio

import pytest

from chassis.idempotency import RequestIdReused, forget, remember, replayed
from chassis.principal import Principal

METHOD = "/gadget/Make"


def user(name: str) -> Principal:
    return Principal(name, name, frozenset(), frozenset(), "free", "jti", 0.0)


async def make(pool, who, request_id, body=b"body", *, fail=False, claimed=None) -> bytes:
    """An effect as a service writes one: one row per request, answered with the row's id."""
    async with pool.acquire() as conn, conn.transaction():
        before = await replayed(conn, who, METHOD, request_id, body)
        if before is not None:
            return before
        if claimed is not None:
            claimed.set()
        number = await conn.fetchval("INSERT INTO things (name) VALUES ($1) RETURNING id", request_id)
        await asyncio.sleep(0.01)  # keeps the transaction open, so that the others run into it
        if fail:
            raise RuntimeError("after the effect, before the commit")
        answer = str(number).encode()
        await remember(conn, who, METHOD, request_id, answer)
        return answer


async def effects(pool) -> int:
    return await pool.fetchval("SELECT count(*) FROM things")


async def test_a_repeated_request_is_answered_as_before_without_a_second_effect(pool):
    first = await make(pool, user("a"), "r1")
    assert await make(pool, user("a"), "r1") == first
    assert await effects(pool) == 1


async def test_of_concurrent_requests_with_one_id_one_takes_effect_and_all_get_its_answer(pool):
    answers = await asyncio.gather(*(make(pool, user("a"), "r1") for _ in range(24)))
    assert len(set(answers)) == 1
    assert await effects(pool) == 1


async def test_when_the_first_of_two_fails_the_second_takes_effect(pool):
    claimed = asyncio.Event()
    first = asyncio.ensure_future(make(pool, user("a"), "r1", fail=True, claimed=claimed))
    await claimed.wait()
    results = await asyncio.gather(first, make(pool, user("a"), "r1"), return_exceptions=True)
    assert [type(r) for r in results] == [RuntimeError, bytes]
    assert await effects(pool) == 1


async def test_another_body_under_the_same_id_is_refused(pool):
    await make(pool, user("a"), "r1")
    with pytest.raises(RequestIdReused, match="r1"):
        await make(pool, user("a"), "r1", b"another")
    assert await effects(pool) == 1


async def test_ids_of_different_users_and_methods_do_not_meet(pool):
    await make(pool, user("a"), "r1")
    await make(pool, user("b"), "r1", b"another")
    async with pool.acquire() as conn, conn.transaction():
        assert await replayed(conn, user("a"), "/gadget/Break", "r1", b"x") is None
        await remember(conn, user("a"), "/gadget/Break", "r1", b"")
    assert await effects(pool) == 2


async def test_an_empty_answer_is_an_answer(pool):
    for expected in (None, b""):
        async with pool.acquire() as conn, conn.transaction():
            assert await replayed(conn, user("a"), METHOD, "r1", b"x") == expected
            if expected is None:
                await remember(conn, user("a"), METHOD, "r1", b"")


async def test_without_an_id_every_request_takes_effect(pool):
    await make(pool, user("a"), "")
    await make(pool, user("a"), "")
    assert await effects(pool) == 2


async def test_after_a_day_an_id_may_be_used_again(pool):
    await make(pool, user("a"), "r1")
    await pool.execute("UPDATE requests SET created_at = now() - interval '25 hours'")
    assert await make(pool, user("a"), "r1", b"another") == b"2"


async def test_what_is_older_than_a_day_is_forgotten(pool):
    await make(pool, user("a"), "old")
    await pool.execute("UPDATE requests SET created_at = now() - interval '25 hours'")
    await make(pool, user("a"), "new")
    async with pool.acquire() as conn:
        assert await forget(conn) == 1
        assert await forget(conn) == 0


async def test_an_effect_committed_without_its_answer_is_a_fault_and_not_repeated(pool):
    async with pool.acquire() as conn, conn.transaction():
        await replayed(conn, user("a"), METHOD, "r1", b"body")
    with pytest.raises(RuntimeError, match="without remembering"):
        await make(pool, user("a"), "r1")
