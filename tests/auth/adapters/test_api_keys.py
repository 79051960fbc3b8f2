"""One body for every store of keys: what holds of the fake holds of PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chassis.ids import Uuid7Ids
from services.auth.adapters.api_keys_postgres import PostgresApiKeys
from services.auth.adapters.users_postgres import PostgresUsers
from services.auth.domain.api_keys import MOST_KEYS, ApiKey, fingerprint, to_the_hour
from services.auth.domain.errors import ApiKeyNotFound, TooManyApiKeys, UserNotFound
from services.auth.domain.roles import Role
from services.auth.domain.user import newcomer
from tests.auth.fakes import MemoryApiKeys, MemoryUsers

NOW = datetime(2026, 3, 1, 12, 34, 56, 123456, tzinfo=UTC)
SECRET = b"s" * 32


@pytest.fixture(params=["memory", "postgres"])
def stores(request):
    """Users, and their keys."""
    if request.param == "memory":
        return MemoryUsers(), MemoryApiKeys()
    pool, emails, trail = (request.getfixturevalue(name) for name in ("empty_pool", "emails", "trail"))
    return PostgresUsers(pool, emails, trail), PostgresApiKeys(pool, trail)


@pytest.fixture
async def world(stores):
    """Keys, and two accounts."""
    users, keys = stores
    accounts = [newcomer(Uuid7Ids().new(), f"{name}@example.com", Role.USER, NOW) for name in ("ann", "bob")]
    for account in accounts:
        await users.add(account, "a hash")
    return keys, *(account.id for account in accounts)


def key_of(user_id, name="nightly"):
    return ApiKey(
        Uuid7Ids().new(), user_id, name, frozenset({"read:all"}), fingerprint(SECRET), NOW, NOW + timedelta(days=1)
    )


async def test_keys_are_found_as_they_were_kept_newest_first(world):
    keys, ann, bob = world
    made = [key_of(ann, name) for name in ("first", "second")]
    for key in (*made, key_of(bob)):
        await keys.add(key)
    assert await keys.of(ann) == made[::-1]
    assert await keys.get(made[0].id) == made[0]
    assert await keys.get(Uuid7Ids().new()) is None


async def test_a_use_is_kept_to_the_hour_and_never_goes_back(world):
    keys, ann, _ = world
    key = key_of(ann)
    await keys.add(key)
    for moment in (NOW, NOW + timedelta(minutes=1), NOW - timedelta(hours=3)):
        assert await keys.use(key, moment)
        assert await keys.get(key.id) == replace(key, last_used_at=to_the_hour(NOW))


async def test_a_deleted_key_is_not_used_and_only_its_owner_deletes_it(world):
    keys, ann, bob = world
    key = key_of(ann)
    await keys.add(key)
    with pytest.raises(ApiKeyNotFound):
        await keys.remove(bob, key.id)
    await keys.remove(ann, key.id)
    assert not await keys.use(key, NOW)
    assert await keys.of(ann) == []
    with pytest.raises(ApiKeyNotFound):
        await keys.remove(ann, key.id)


async def test_an_account_has_so_many_keys_and_no_more_though_they_are_made_at_once(world):
    keys, ann, bob = world
    for _ in range(MOST_KEYS - 1):
        await keys.add(key_of(ann))
    results = await asyncio.gather(*(keys.add(key_of(ann)) for _ in range(5)), return_exceptions=True)
    assert [type(result) for result in results].count(TooManyApiKeys) == 4
    assert len(await keys.of(ann)) == MOST_KEYS
    await keys.add(key_of(bob))


class Held:
    """A trail that is not written to before it is let go."""

    def __init__(self):
        self.reached, self.let_go = asyncio.Event(), asyncio.Event()

    async def note(self, *_):
        self.reached.set()
        await self.let_go.wait()


async def test_of_two_keys_made_at_once_the_second_counts_the_first(empty_pool, emails, trail):
    users, keys, held = PostgresUsers(empty_pool, emails, trail), PostgresApiKeys(empty_pool, trail), Held()
    ann = newcomer(Uuid7Ids().new(), "ann@example.com", Role.USER, NOW)
    await users.add(ann, "a hash")
    for _ in range(MOST_KEYS - 1):
        await keys.add(key_of(ann.id))
    first = asyncio.create_task(PostgresApiKeys(empty_pool, held).add(key_of(ann.id)))
    await held.reached.wait()
    second = asyncio.create_task(keys.add(key_of(ann.id)))
    waits = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM users%'"
    async with asyncio.timeout(20):
        while not second.done() and not await empty_pool.fetchval(waits):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    held.let_go.set()
    await first
    with pytest.raises(TooManyApiKeys):
        await second


async def test_with_the_account_go_its_keys(empty_pool, emails, trail):
    users, keys = PostgresUsers(empty_pool, emails, trail), PostgresApiKeys(empty_pool, trail)
    ann = newcomer(Uuid7Ids().new(), "ann@example.com", Role.USER, NOW)
    await users.add(ann, "a hash")
    key = key_of(ann.id)
    await keys.add(key)
    await users.remove(ann.id, NOW)
    assert await keys.get(key.id) is None
    with pytest.raises(UserNotFound):
        await keys.add(key_of(ann.id))
