"""One body for every store of keys: what holds of the fake holds of PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.vault import KeyGone, Unopenable, Vault
from chassis.vault.rotation import Rotation, RotationMeter
from services.auth.adapters.api_keys_postgres import NAME, PostgresApiKeys
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
    return PostgresUsers(pool, emails, trail), PostgresApiKeys(pool, request.getfixturevalue("vault"), trail)


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
        id=Uuid7Ids().new(),
        user_id=user_id,
        tenant_id=user_id,
        name=name,
        scopes=frozenset({"read:all"}),
        fingerprint=fingerprint(SECRET),
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
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


@pytest.fixture
async def stored(empty_pool, emails, vault, trail):
    """Keys in PostgreSQL, the users beside them, and one of these."""
    users = PostgresUsers(empty_pool, emails, trail)
    ann = newcomer(Uuid7Ids().new(), "ann@example.com", Role.USER, NOW)
    await users.add(ann, "a hash")
    return PostgresApiKeys(empty_pool, vault, trail), users, ann


async def test_of_two_keys_made_at_once_the_second_counts_the_first(stored, empty_pool, vault):
    (keys, _, ann), held = stored, Held()
    for _ in range(MOST_KEYS - 1):
        await keys.add(key_of(ann.id))
    first = asyncio.create_task(PostgresApiKeys(empty_pool, vault, held).add(key_of(ann.id)))
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


async def test_with_the_account_go_its_keys(stored):
    keys, users, ann = stored
    key = key_of(ann.id)
    await keys.add(key)
    await users.remove(ann.id, NOW)
    assert await keys.get(key.id) is None
    with pytest.raises(UserNotFound):
        await keys.add(key_of(ann.id))


async def test_a_name_lies_sealed_for_its_row_and_comes_under_the_next_key(stored, empty_pool, vault, emails):
    keys, _, ann = stored
    made = [key_of(ann.id, name) for name in ("at home", "at work")]
    for key in made:
        await keys.add(key)
    shown = await empty_pool.fetchval("SELECT string_agg(k::text, '') FROM api_keys k")
    assert b"at home".hex() not in shown
    await empty_pool.execute("UPDATE tenant_keys SET created_at = created_at - interval '91 days'")
    before = await empty_pool.fetchval("SELECT min(key_id::text) FROM api_keys")
    fresh, columns = Vault(empty_pool, vault.kms, "auth"), [emails.column(), NAME]
    await Rotation(empty_pool, fresh, columns, RotationMeter(CollectorRegistry()), clock=SystemClock()).turn()
    assert await empty_pool.fetchval("SELECT count(*) FROM api_keys WHERE key_id = $1", before) == 0
    assert await keys.of(ann.id) == made[::-1]
    await empty_pool.execute("UPDATE api_keys SET name = (SELECT name FROM api_keys WHERE id = $1)", made[0].id)
    with pytest.raises(Unopenable):
        await keys.of(ann.id)


class Keyless:
    """Opens nothing; does something first."""

    def __init__(self, first):
        self._first = first

    async def open(self, place, sealed):
        await self._first()
        raise KeyGone


async def test_a_key_whose_account_goes_while_it_is_read_is_not_there(stored, empty_pool, trail):
    keys, users, ann = stored
    await keys.add(key_of(ann.id))
    assert await PostgresApiKeys(empty_pool, Keyless(lambda: users.remove(ann.id, NOW)), trail).of(ann.id) == []


async def test_a_missing_key_of_the_tenants_is_told(stored, empty_pool, trail):
    keys, _, ann = stored
    await keys.add(key_of(ann.id))
    with pytest.raises(KeyGone):
        await PostgresApiKeys(empty_pool, Keyless(lambda: asyncio.sleep(0)), trail).of(ann.id)
