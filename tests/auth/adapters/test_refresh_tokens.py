"""One body for every store of refresh tokens: what holds of the fake holds of PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from chassis.ids import Uuid7Ids
from services.auth.adapters.refresh_tokens_postgres import PostgresRefreshTokens
from services.auth.adapters.users_postgres import PostgresUsers
from services.auth.domain.errors import RefreshTokenInvalid
from services.auth.domain.refresh_tokens import LOST_ANSWER, REMEMBERED, fingerprint, first_of_family
from services.auth.domain.roles import Role
from services.auth.domain.user import newcomer
from tests.auth.fakes import MemoryRefreshTokens, MemoryUsers

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class Stored:
    """A store with one user in it."""

    def __init__(self, store, user_id):
        self.store, self.user_id = store, user_id

    async def login(self, token, now=NOW):
        await self.store.start(first_of_family(token, Uuid7Ids().new(), self.user_id, now))

    async def refresh(self, token, successor, now=NOW):
        return await self.store.rotate(fingerprint(token), successor, now)

    async def refused(self, token, now=NOW, successor="never kept"):
        with pytest.raises(RefreshTokenInvalid):
            await self.refresh(token, successor, now)
        return True


@pytest.fixture(params=["memory", "postgres"])
def stores(request):
    if request.param == "memory":
        return MemoryUsers(), MemoryRefreshTokens()
    pool, emails, trail, alarms = map(request.getfixturevalue, ("empty_pool", "emails", "trail", "alarms"))
    return PostgresUsers(pool, emails, trail), PostgresRefreshTokens(pool, trail, alarms)


@pytest.fixture
async def stored(stores):
    users, refresh_tokens = stores
    user = newcomer(Uuid7Ids().new(), "ann@example.com", Role.USER, NOW)
    await users.add(user, "a hash")
    return Stored(refresh_tokens, user.id)


async def test_a_token_is_exchanged_for_its_successor(stored):
    await stored.login("first")
    second = await stored.refresh("first", "second")
    third = await stored.refresh("second", "third")
    assert (second.fingerprint, third.fingerprint) == (fingerprint("second"), fingerprint("third"))
    assert second.family_id == third.family_id
    assert second.user_id == stored.user_id


async def test_a_successor_lives_seven_days_from_its_birth(stored):
    await stored.login("first")
    second = await stored.refresh("first", "second", NOW + 6 * DAY)
    assert second.expires_at == NOW + 13 * DAY
    assert await stored.refresh("second", "third", NOW + 12 * DAY)


async def test_a_spent_token_ends_the_family(stored):
    await stored.login("first")
    await stored.refresh("first", "second")
    assert await stored.refused("first")
    assert await stored.refused("second")


async def test_a_spent_token_that_has_expired_ends_the_family_too(stored):
    await stored.login("first")
    await stored.refresh("first", "second", NOW + 6 * DAY)
    assert await stored.refused("first", NOW + 8 * DAY)
    assert await stored.refused("second", NOW + 8 * DAY)


async def test_an_unknown_token_is_refused(stored):
    assert await stored.refused("never given")


async def test_an_expired_token_is_refused(stored):
    await stored.login("first")
    assert await stored.refused("first", NOW + 7 * DAY)


async def test_an_ended_family_gives_nothing_any_more_and_ends_twice_without_harm(stored):
    await stored.login("first")
    await stored.refresh("first", "second")
    for token in ("second", "first", "unknown"):
        await stored.store.end_family(fingerprint(token), NOW)
    assert await stored.refused("second")


async def test_one_family_ends_without_the_others(stored):
    await stored.login("laptop")
    await stored.login("phone")
    await stored.store.end_family(fingerprint("laptop"), NOW)
    assert await stored.refused("laptop")
    assert await stored.refresh("phone", "next")


async def test_sessions_are_told_with_their_ends_oldest_first_and_nobody_else_s(stored):
    await stored.login("first")
    await stored.login("second", NOW + DAY)
    await stored.refresh("second", "third", NOW + 2 * DAY)
    await stored.store.end_family(fingerprint("first"), NOW + DAY)
    first, second = await stored.store.sessions(stored.user_id)
    assert (first.expires_at, first.ended_at) == (NOW + 7 * DAY, NOW + DAY)
    assert (second.expires_at, second.ended_at) == (NOW + 9 * DAY, None)
    assert first.started_at < second.started_at
    assert not await stored.store.sessions(Uuid7Ids().new())


async def test_of_fifty_refreshes_of_one_token_at_once_one_succeeds_and_the_family_ends(stored):
    await stored.login("first")
    attempts = (stored.refresh("first", f"successor-{number}") for number in range(50))
    results = await asyncio.gather(*attempts, return_exceptions=True)
    won = [number for number, result in enumerate(results) if not isinstance(result, RefreshTokenInvalid)]
    assert len(won) == 1
    assert await stored.refused(f"successor-{won[0]}")


async def test_of_a_hundred_refreshes_by_one_request_at_once_all_get_the_one_successor(stored):
    await stored.login("first")
    given = await asyncio.gather(*(stored.refresh("first", "second") for _ in range(100)))
    assert {each.fingerprint for each in given} == {fingerprint("second")}
    assert len({each.expires_at for each in given}) == 1
    assert await stored.refresh("second", "third")


async def test_a_lost_answer_is_given_again_for_ten_seconds_and_after_that_the_family_ends(stored):
    await stored.login("first")
    await stored.refresh("first", "second")
    assert await stored.refresh("first", "second", NOW + LOST_ANSWER)
    assert await stored.refused("first", NOW + LOST_ANSWER, successor="a thief's")
    assert await stored.refused("second")
    await stored.login("1")
    await stored.refresh("1", "2")
    assert await stored.refused("1", NOW + LOST_ANSWER + timedelta(milliseconds=1), successor="2")
    assert await stored.refused("2")


async def test_a_successor_that_was_spent_is_not_given_again(stored):
    await stored.login("first")
    await stored.refresh("first", "second")
    await stored.refresh("second", "third")
    assert await stored.refused("first", successor="second")
    assert await stored.refused("third")


async def test_a_successor_of_another_family_is_not_given(stored):
    await stored.login("laptop")
    await stored.login("phone")
    await stored.refresh("laptop", "next of laptop")
    await stored.refresh("phone", "next of phone")
    assert await stored.refused("phone", successor="next of laptop")
    assert await stored.refresh("next of laptop", "and so on")


async def test_postgres_keeps_neither_tokens_nor_what_it_need_not_remember(empty_pool, emails, trail, alarms):
    user = newcomer(Uuid7Ids().new(), "ann@example.com", Role.USER, NOW)
    await PostgresUsers(empty_pool, emails, trail).add(user, "a hash")
    stored = Stored(PostgresRefreshTokens(empty_pool, trail, alarms), user.id)
    await stored.login("abandoned")
    await stored.login("token-0")
    for week in range(1, 10):
        await stored.refresh(f"token-{week - 1}", f"token-{week}", NOW + week * 6 * DAY)
    rows = await empty_pool.fetch("SELECT * FROM refresh_tokens WHERE expires_at < $1", NOW + 54 * DAY - REMEMBERED)
    assert len(rows) == 1, "only the abandoned login, which goes with the next one"
    assert b"token-" not in b"".join(row["fingerprint"] for row in rows)
    await stored.login("newest", NOW + 54 * DAY)
    assert await empty_pool.fetchval("SELECT count(*) FROM token_families") == 2
