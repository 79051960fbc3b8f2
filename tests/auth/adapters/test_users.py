"""One body for every store of accounts: what holds of the fake holds of PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from chassis.cache import Layers
from chassis.cache.memory import Memory
from chassis.ids import Uuid7Ids
from services.auth.adapters.users_cached import CachedUsers
from services.auth.adapters.users_postgres import PostgresUsers
from services.auth.domain.errors import AlreadyBootstrapped, EmailTaken, UserNotFound
from services.auth.domain.roles import Role
from services.auth.domain.user import Credentials, newcomer
from tests.auth.fakes import MemoryUsers

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture(params=["memory", "postgres", "cached"])
def users(request):
    if request.param == "memory":
        return MemoryUsers()
    pool, emails, trail = (request.getfixturevalue(name) for name in ("empty_pool", "emails", "trail"))
    if request.param == "postgres":
        return PostgresUsers(pool, emails, trail)
    return CachedUsers(pool, emails, trail, Layers("user", Memory(), None, CollectorRegistry()), lambda: None)


def someone(email="ann@example.com", role=Role.USER):
    return newcomer(Uuid7Ids().new(), email, role, NOW)


async def test_an_account_is_found_as_it_was_kept(users):
    user = someone()
    await users.add(user, "a hash")
    assert await users.get(user.id) == user
    assert await users.credentials(user.email) == Credentials(user.id, "a hash")


async def test_an_unknown_id_is_not_found(users):
    with pytest.raises(UserNotFound):
        await users.get(someone().id)


async def test_an_unknown_email_has_no_credentials(users):
    assert await users.credentials("nobody@example.com") is None


async def test_an_email_has_one_account(users):
    await users.add(someone(), "a hash")
    with pytest.raises(EmailTaken):
        await users.add(someone(), "another hash")


async def test_of_many_registrations_of_one_email_at_once_one_succeeds(users):
    results = await asyncio.gather(*(users.add(someone(), "a hash") for _ in range(8)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["EmailTaken"] * 7 + ["NoneType"]


async def test_a_given_role_is_kept_with_its_version(users):
    user = someone()
    await users.add(user, "a hash")
    changed = await users.give_role(user.id, Role.ADVISOR, NOW)
    assert changed == user.with_role(Role.ADVISOR)
    assert await users.give_role(user.id, Role.ADVISOR, NOW) == changed == await users.get(user.id)


async def test_a_role_is_given_to_nobody_who_does_not_exist(users):
    with pytest.raises(UserNotFound):
        await users.give_role(someone().id, Role.ADMIN, NOW)


async def test_an_administrator_exists_once_one_is_made_by_either_way(users):
    user = someone()
    await users.add(user, "a hash")
    assert not await users.has_admin()
    await users.give_role(user.id, Role.ADMIN, NOW)
    assert await users.has_admin()


async def test_a_removed_account_is_not_there_any_more(users):
    user = someone()
    await users.add(user, "a hash")
    await users.remove(user.id, NOW)
    for gone in (users.get(user.id), users.remove(user.id, NOW), users.give_role(user.id, Role.ADVISOR, NOW)):
        with pytest.raises(UserNotFound):
            await gone
    assert await users.credentials(user.email) is None


async def test_of_many_first_administrators_at_once_one_succeeds(users):
    candidates = [someone(f"{number}@example.com", Role.ADMIN) for number in range(8)]
    attempts = (users.add_first_admin(candidate, "a hash") for candidate in candidates)
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(result is None for result in results) == 1
    assert sum(isinstance(result, AlreadyBootstrapped) for result in results) == 7


async def test_a_first_administrator_needs_an_email_of_their_own(users):
    await users.add(someone(), "a hash")
    with pytest.raises(EmailTaken):
        await users.add_first_admin(someone(role=Role.ADMIN), "a hash")
    assert not await users.has_admin()


async def test_accounts_come_page_by_page_newest_first(users):
    made = [someone(f"{number}@example.com") for number in range(5)]
    for user in made:
        await users.add(user, "a hash")
    seen, before = [], None
    while page := await users.page(before, 2):
        seen += page
        before = page[-1].id
    assert seen == made[::-1]


async def test_a_disabled_account_is_so_for_whoever_asks_until_it_is_enabled(users):
    user = someone()
    await users.add(user, "a hash")
    disabled = await users.disable(user.id, NOW)
    assert (disabled.disabled_at, disabled.token_version) == (NOW, user.token_version + 1)
    assert await users.disable(user.id, NOW + timedelta(days=1)) == disabled
    assert await users.get(user.id) == disabled
    enabled = await users.enable(user.id, NOW)
    assert (enabled.disabled_at, enabled.token_version) == (None, user.token_version + 2)
    assert await users.enable(user.id, NOW) == await users.get(user.id) == enabled
    for switch in (users.disable, users.enable):
        with pytest.raises(UserNotFound):
            await switch(Uuid7Ids().new(), NOW)
