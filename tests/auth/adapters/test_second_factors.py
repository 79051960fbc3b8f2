"""One body for every store of second factors; and how they lie in PostgreSQL."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.vault import KeyGone, Sealed, Unopenable, Vault
from chassis.vault.kms_local import LocalKms
from chassis.vault.rotation import Rotation, RotationMeter
from services.auth.adapters.second_factors_postgres import SECRET, PostgresSecondFactors
from services.auth.adapters.users_postgres import PostgresUsers
from services.auth.domain.audit import Action
from services.auth.domain.errors import SecondFactorOff, SecondFactorOn, UserNotFound
from services.auth.domain.roles import Role
from services.auth.domain.second_factors import SecondFactor, fingerprint
from services.auth.domain.user import newcomer
from tests.auth.fakes import MemorySecondFactors, MemoryUsers

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30


@pytest.fixture
def accounts(empty_pool, emails, trail):
    return PostgresUsers(empty_pool, emails, trail)


@pytest.fixture
def stored(accounts, empty_pool, vault, trail):
    return PostgresSecondFactors(empty_pool, vault, trail)


@pytest.fixture(params=["memory", "postgres"])
def world(request):
    """Users, and their second factors."""
    if request.param == "memory":
        return MemoryUsers(), MemorySecondFactors()
    return request.getfixturevalue("accounts"), request.getfixturevalue("stored")


async def begun(users, factors, email="ann@example.com", at=NOW):
    user = newcomer(Uuid7Ids().new(), email, Role.USER, NOW)
    await users.add(user, "a hash")
    factor = SecondFactor(user.id, user.tenant_id, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", at)
    await factors.begin(factor)
    return factor


async def confirmed(users, factors, codes=("one", "two")):
    factor = await begun(users, factors)
    await factors.confirm(factor, STEP, [fingerprint(factor.user_id, code) for code in codes], NOW)
    return replace(factor, confirmed_at=NOW)


async def test_it_is_found_as_it_was_kept(world):
    factor = await begun(*world)
    assert await world[1].of(factor.user_id) == factor
    await world[1].confirm(factor, STEP, [], NOW)
    assert await world[1].of(factor.user_id) == replace(factor, confirmed_at=NOW)
    assert await world[1].of(Uuid7Ids().new()) is None


async def test_one_that_was_not_confirmed_is_replaced_and_one_that_was_is_not(world):
    _, factors = world
    old = await begun(*world)
    new = replace(old, secret="another", begun_at=NOW + timedelta(minutes=1))
    await factors.begin(new)
    assert await factors.of(old.user_id) == new
    with pytest.raises(SecondFactorOff):
        await factors.confirm(old, STEP, [], NOW)
    await factors.confirm(new, STEP, [], NOW)
    with pytest.raises(SecondFactorOn):
        await factors.begin(replace(old, begun_at=NOW + timedelta(minutes=2)))
    with pytest.raises(SecondFactorOff):
        await factors.confirm(new, STEP, [], NOW)


async def test_a_step_is_taken_once_and_none_before_it_is(world):
    _, factors = world
    factor = await confirmed(*world)
    taken = [await factors.take(factor, STEP + ahead) for ahead in (0, -1, 2, 2, 1, 3)]
    assert taken == [False, False, True, False, False, True]


async def test_a_code_of_a_second_factor_that_was_replaced_takes_no_step_of_the_new_one(world):
    _, factors = world
    old = await confirmed(*world)
    await factors.remove(old.user_id, Action.SECOND_FACTOR_OFF)
    assert not await factors.take(old, STEP + 1)
    new = replace(old, begun_at=NOW + timedelta(minutes=1), confirmed_at=None)
    await factors.begin(new)
    assert not await factors.take(new, STEP + 1)
    await factors.confirm(new, STEP, [], NOW)
    assert not await factors.take(old, STEP + 1)
    assert await factors.take(new, STEP + 1)


async def test_a_recovery_code_is_used_up_and_of_one_account(world):
    _, factors = world
    factor = await confirmed(*world)
    codes = [fingerprint(who, "one") for who in (factor.user_id, "bob", factor.user_id)]
    assert [await factors.recover(factor, code) for code in codes] == [True, False, False]
    assert await factors.remove(factor.user_id, Action.SECOND_FACTOR_OFF)
    assert not await factors.recover(factor, fingerprint(factor.user_id, "two"))
    assert not await factors.remove(factor.user_id, Action.SECOND_FACTOR_OFF)


async def test_of_many_calls_with_one_code_at_two_replicas_one_takes_it(
    accounts, stored, auth_url, auth_keyring, trail
):
    factor = await confirmed(accounts, stored)
    code = fingerprint(factor.user_id, "one")
    async with asyncpg.create_pool(auth_url, server_settings={"search_path": "auth"}) as pool:
        other = PostgresSecondFactors(pool, Vault(pool, LocalKms(auth_keyring), "auth"), trail)
        for call in (lambda at: at.take(factor, STEP + 1), lambda at: at.recover(factor, code)):
            won = await asyncio.gather(*(call(at) for at in (stored, other) * 20))
            assert won.count(True) == 1


async def test_neither_secret_nor_recovery_code_lies_in_the_store(accounts, stored, empty_pool):
    factor = await confirmed(accounts, stored, codes=["AAAA-BBBB"])
    shown = await empty_pool.fetchval(
        "SELECT string_agg(f::text || r::text, '') FROM second_factors f, recovery_codes r"
    )
    for secret in (factor.secret, "AAAA-BBBB", "AAAABBBB"):
        assert secret not in shown
        assert secret.encode().hex() not in shown


async def test_a_secret_moved_to_another_account_does_not_open(accounts, stored, empty_pool):
    ann, bob = [await begun(accounts, stored, f"{name}@example.com") for name in ("ann", "bob")]
    await empty_pool.execute(
        "UPDATE second_factors f SET secret = o.secret, key_id = o.key_id FROM second_factors o"
        " WHERE f.id = $1 AND o.id = $2",
        bob.user_id,
        ann.user_id,
    )
    with pytest.raises(Unopenable):
        await stored.of(bob.user_id)
    assert await stored.of(ann.user_id) == ann


async def test_with_the_account_go_secret_codes_and_key(accounts, stored, empty_pool, vault):
    factor = await confirmed(accounts, stored)
    copied = await empty_pool.fetchrow("SELECT * FROM second_factors WHERE id = $1", factor.user_id)
    await accounts.remove(factor.user_id, NOW)
    for table in ("second_factors", "recovery_codes"):
        assert await empty_pool.fetchval(f"SELECT count(*) FROM {table}") == 0  # noqa: S608
    fresh = Vault(empty_pool, vault.kms, "auth")
    with pytest.raises(KeyGone):
        await fresh.open(SECRET.place(factor.user_id), Sealed(str(copied["key_id"]), copied["secret"]))
    with pytest.raises(UserNotFound):
        await stored.begin(factor)


async def test_secrets_come_under_the_next_key_when_theirs_is_retired(accounts, stored, empty_pool, vault, emails):
    factor = await confirmed(accounts, stored)
    await empty_pool.execute("UPDATE tenant_keys SET created_at = created_at - interval '91 days'")
    registry = CollectorRegistry()
    columns = [emails.column(), SECRET]
    before = await empty_pool.fetchval("SELECT key_id FROM second_factors")
    fresh = Vault(empty_pool, vault.kms, "auth")
    await Rotation(empty_pool, fresh, columns, RotationMeter(registry), clock=SystemClock()).turn()
    assert await empty_pool.fetchval("SELECT key_id FROM second_factors") != before
    assert registry.get_sample_value("vault_rows_left", {"column": "auth.second_factors.secret"}) == 0
    assert await stored.of(factor.user_id) == factor


async def test_a_second_factor_whose_account_goes_while_it_is_read_is_not_there(accounts, stored, empty_pool, trail):
    factor = await confirmed(accounts, stored)

    class Deleting:
        async def open(self, place, sealed):
            await accounts.remove(factor.user_id, NOW)
            raise KeyGone

    assert await PostgresSecondFactors(empty_pool, Deleting(), trail).of(factor.user_id) is None


async def test_a_missing_key_is_told(accounts, stored, empty_pool, trail):
    factor = await confirmed(accounts, stored)

    class Keyless:
        async def open(self, place, sealed):
            raise KeyGone

    with pytest.raises(KeyGone):
        await PostgresSecondFactors(empty_pool, Keyless(), trail).of(factor.user_id)
