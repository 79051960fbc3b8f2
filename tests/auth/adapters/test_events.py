"""What happens to an account is told in the transaction in which it happens, and never tells an email."""

import dataclasses
from datetime import UTC, datetime

import pytest
from qpo.auth.v1 import events_pb2, user_pb2

from chassis.ids import Uuid7Ids
from services.auth.adapters.events_outbox import event_of
from services.auth.adapters.refresh_tokens_postgres import PostgresRefreshTokens
from services.auth.adapters.users_postgres import PostgresUsers
from services.auth.domain.errors import EmailTaken, RefreshTokenInvalid, UserNotFound
from services.auth.domain.events import Deleted, Registered, RoleChanged, SessionsEnded
from services.auth.domain.refresh_tokens import fingerprint, first_of_family
from services.auth.domain.roles import Role
from services.auth.domain.user import newcomer

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
EMAIL = "ann.of.somewhere@example.com"


@pytest.fixture
def committed():
    return []


@pytest.fixture
async def users(empty_pool, emails, trail, committed):
    await empty_pool.execute("DELETE FROM outbox")
    return PostgresUsers(empty_pool, emails, trail, lambda: committed.append(True))


def someone(role=Role.USER):
    return newcomer(Uuid7Ids().new(), EMAIL, role, NOW)


async def told(pool):
    rows = await pool.fetch("SELECT * FROM outbox ORDER BY position")
    return [(row, events_pb2.UserEvent.FromString(row["payload"])) for row in rows]


async def test_a_registration_is_told_with_the_account(users, empty_pool, committed):
    user = someone()
    await users.add(user, "a hash")
    [(row, event)] = await told(empty_pool)
    assert (row["topic"], row["type"], row["key"], row["seq"]) == (
        "qpo.auth.v1.UserEvent",
        "user_registered",
        user.id,
        1,
    )
    account = event.user_registered.account
    assert (account.user_id, account.tenant_id, list(account.roles)) == (user.id, user.id, [user_pb2.ROLE_USER])
    assert committed


async def test_a_registration_that_is_refused_tells_nothing(users, empty_pool):
    await users.add(someone(), "a hash")
    with pytest.raises(EmailTaken):
        await users.add(someone(), "a hash")
    assert len(await told(empty_pool)) == 1


async def test_a_new_role_is_told_and_the_same_one_is_not(users, empty_pool):
    user = someone()
    await users.add(user, "a hash")
    for _ in range(2):
        await users.give_role(user.id, Role.ADVISOR, NOW)
    [_, (row, event)] = await told(empty_pool)
    assert (row["type"], row["seq"]) == ("user_role_changed", 2)
    assert list(event.user_role_changed.account.roles) == [user_pb2.ROLE_ADVISOR]


async def test_a_deletion_is_told_behind_the_last_version(users, empty_pool):
    user = someone(Role.ADMIN)
    await users.add_first_admin(user, "a hash")
    await users.give_role(user.id, Role.USER, NOW)
    await users.remove(user.id, NOW)
    assert [(row["type"], row["seq"]) for row, _ in await told(empty_pool)] == [
        ("user_registered", 1),
        ("user_role_changed", 2),
        ("user_deleted", 3),
    ]
    with pytest.raises(UserNotFound):
        await users.remove(user.id, NOW)
    assert len(await told(empty_pool)) == 3


async def test_the_families_of_refresh_tokens_die_with_the_account(users, empty_pool, trail, alarms):
    user, families = someone(), PostgresRefreshTokens(empty_pool, trail, alarms)
    await users.add(user, "a hash")
    await families.start(first_of_family("first", Uuid7Ids().new(), user.id, NOW))
    await users.remove(user.id, NOW)
    with pytest.raises(RefreshTokenInvalid):
        await families.rotate(fingerprint("first"), "second", NOW)
    assert await empty_pool.fetchval("SELECT count(*) FROM token_families WHERE user_id = $1", user.id) == 0
    with pytest.raises(UserNotFound):
        await families.start(first_of_family("late", Uuid7Ids().new(), user.id, NOW))


async def test_the_email_of_a_deleted_account_is_free_again(users):
    user = someone()
    await users.add(user, "a hash")
    await users.remove(user.id, NOW)
    await users.add(someone(), "a hash")


async def test_the_end_of_all_sessions_is_told_ends_every_family_and_leaves_those_of_others(
    users, empty_pool, trail, alarms
):
    user, other, families = someone(), newcomer(Uuid7Ids().new(), "bob@example.com", Role.USER, NOW), {}
    store = PostgresRefreshTokens(empty_pool, trail, alarms)
    for each in (user, other):
        await users.add(each, "a hash")
        families[each] = [f"{each.id} {device}" for device in ("laptop", "phone")]
        for token in families[each]:
            await store.start(first_of_family(token, Uuid7Ids().new(), each.id, NOW))
    await users.end_sessions(user.id, NOW)
    for token in families[user]:
        with pytest.raises(RefreshTokenInvalid):
            await store.rotate(fingerprint(token), f"next of {token}", NOW)
    for token in families[other]:
        assert await store.rotate(fingerprint(token), f"next of {token}", NOW)
    row, event = (await told(empty_pool))[-1]
    assert (row["type"], row["seq"], row["key"]) == ("user_sessions_ended", 2, user.id)
    assert event.user_sessions_ended.account.user_id == user.id
    assert (await users.get(user.id)).token_version == 2
    with pytest.raises(UserNotFound):
        await users.end_sessions(Uuid7Ids().new(), NOW)


@pytest.mark.parametrize("happening", [Registered, RoleChanged, SessionsEnded, Deleted])
def test_no_event_tells_an_email(happening):
    user = someone()
    event = event_of(happening(user, NOW))
    assert EMAIL.encode() not in event.payload
    other = event_of(happening(dataclasses.replace(user, email="other@example.com"), NOW))
    assert event == other
