"""Universes in their store and at hand: found by their owner until they expire, gone when the owner leaves."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from chassis.errors import Unauthenticated
from chassis.postgres import prepare
from chassis.reach import SYSTEM, enter
from services.optimizer.__main__ import MIGRATIONS
from services.optimizer.adapters.job_news import JobNews
from services.optimizer.adapters.leavings_postgres import PostgresLeavings
from services.optimizer.adapters.universes_at_hand import BELIEVED, Recent, UniversesAtHand
from services.optimizer.adapters.universes_postgres import PostgresUniverses
from services.optimizer.app.errors import TooManyUniverses, UniverseNotFound
from services.optimizer.app.forget_user import ForgetUser
from services.optimizer.app.ports import Caller, NewUniverse
from services.optimizer.domain.resident import universe_id
from services.optimizer.rpc.errors import error_table
from tests.optimizer.served import settings_for
from tests.walls import over_all


@pytest.fixture
async def pool(database_url, tmp_path):
    made = await prepare(settings_for(database_url, tmp_path), "optimizer", MIGRATIONS)
    yield made
    await made.close()


@pytest.fixture
async def rows(pool, database_url):
    """The same schema, seen over all walls."""
    async with await over_all(database_url, "optimizer") as made:
        yield made


class Clock:
    """Stands still until it is told."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["stored", "at hand"])
def universes(request, pool, clock):
    """The port's adapters, one after the other."""
    stored = PostgresUniverses(pool, most=3, most_bytes=100)
    return stored if request.param == "stored" else UniversesAtHand(stored, clock)


@pytest.fixture
def alice():
    return Caller(str(uuid.uuid4()), str(uuid.uuid4()))


@pytest.fixture
def bob():
    return Caller(str(uuid.uuid4()), str(uuid.uuid4()))


def universe(moments=b"moments"):
    return NewUniverse(universe_id(moments), 12, 3, moments)


async def test_what_is_kept_is_found_and_read(universes, alice):
    kept = await universes.keep(alice, universe(), 60)
    assert (kept.id, kept.assets, kept.factors) == (universe().id, 12, 3)
    assert await universes.find(alice, kept.id) == kept
    assert await universes.read(alice, kept.id) == b"moments"


async def test_nobody_finds_reads_or_extends_what_another_user_or_tenant_keeps(universes, alice, bob):
    kept = await universes.keep(alice, universe(), 60)
    for stranger in (bob, replace(alice, tenant_id=bob.tenant_id), replace(alice, user_id=bob.user_id)):
        for ask in (universes.find, universes.read):
            with pytest.raises(UniverseNotFound):
                await ask(stranger, kept.id)
        with pytest.raises(UniverseNotFound):
            await universes.extend(stranger, kept.id, 60)


async def test_two_users_keep_the_same_universe_each_for_themselves(universes, alice, bob):
    mine, theirs = await universes.keep(alice, universe(), 60), await universes.keep(bob, universe(), 3600)
    assert mine.id == theirs.id
    assert mine.expires_at < theirs.expires_at


async def test_room_is_counted_without_what_has_expired(universes, rows, alice):
    for each in (b"a", b"b", b"c"):
        await universes.keep(alice, universe(each), 60)
    with pytest.raises(TooManyUniverses):
        await universes.keep(alice, universe(b"d"), 60)
    await rows.execute("UPDATE universes SET expires_at = now() WHERE moments = $1", b"a")
    assert (await universes.keep(alice, universe(b"d"), 60)).id == universe(b"d").id
    with pytest.raises(TooManyUniverses):
        await universes.keep(alice, universe(bytes(99)), 60)


async def test_what_has_expired_is_kept_anew_until_the_sweep_and_after_it(universes, rows, alice):
    for _ in range(2):
        await universes.keep(alice, universe(), 60)
        await rows.execute("UPDATE universes SET expires_at = now()")
    assert await rows.fetchval("SELECT count(*) FROM universes") == 1
    await universes.sweep()
    assert await rows.fetchval("SELECT count(*) FROM universes") == 0
    assert (await universes.keep(alice, universe(), 60)).id == universe().id


async def test_a_user_who_leaves_leaves_no_universe_and_puts_none_afterwards(universes, pool, rows, alice, bob):
    await universes.keep(alice, universe(), 60)
    await universes.keep(bob, universe(), 60)
    news = JobNews(error_table(), lambda: None)
    async with pool.acquire() as connection, connection.transaction():
        await enter(connection, SYSTEM)
        await ForgetUser()(PostgresLeavings(connection, news), alice.user_id)
    assert [str(row["user_id"]) for row in await rows.fetch("SELECT user_id FROM universes")] == [bob.user_id]
    with pytest.raises(Unauthenticated):
        await universes.keep(alice, universe(b"other"), 60)


async def test_what_is_at_hand_is_believed_for_a_moment_only(pool, rows, clock, alice):
    stored = PostgresUniverses(pool, most=3, most_bytes=100)
    universes = UniversesAtHand(stored, clock)
    kept = await universes.keep(alice, universe(), 60)
    await rows.execute("DELETE FROM universes")
    assert await universes.find(alice, kept.id) == kept
    clock.now += BELIEVED + 1
    for ask in (universes.find, universes.read):
        with pytest.raises(UniverseNotFound):
            await ask(alice, kept.id)


def test_what_was_used_longest_ago_gives_way(clock):
    recent = Recent(most=3, seconds=10, clock=clock, weight=len)
    for name in ("a", "b", "c"):
        recent.put(("", "", name), name)
    assert recent.get(("", "", "a")) == "a"
    recent.put(("", "", "d"), "dd")
    assert [recent.get(("", "", name)) for name in ("a", "b", "c", "d")] == ["a", None, None, "dd"]
    recent.put(("", "", "e"), "too large")
    assert recent.get(("", "", "e")) is None
    assert recent._total == 0
