"""Keys for machines from their making to their end, on named fakes."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from services.auth.app.access_tokens import AccessTokens
from services.auth.app.api_keys import Asked, CreateApiKey, DeleteApiKey, ExchangeApiKey, ListApiKeys
from services.auth.app.delete_user import DeleteUser
from services.auth.app.present_token import PresentToken
from services.auth.app.prove import ProvePassword
from services.auth.domain.errors import (
    AccountDisabled,
    ApiKeyInvalid,
    ApiKeyMistyped,
    ApiKeyNotFound,
    BadCredentials,
    LoginRequired,
    SecondFactorRequired,
    TooManyAttempts,
)
from services.auth.domain.roles import Role
from services.auth.domain.second_factors import SecondFactor
from tests.auth.app.test_admission import ELSEWHERE, EMAIL, HOME, PASSWORD, World
from tests.auth.fakes import CountedSecrets, MemoryApiKeys

ASKED = Asked("nightly", ["read:portfolio", "run:optimization"], timedelta(days=30))


@dataclass
class Keyed(World):
    """And the keys' use cases on the same fakes."""

    keys: MemoryApiKeys = field(default_factory=MemoryApiKeys)

    def __post_init__(self):
        super().__post_init__()
        prove = ProvePassword(self.users, self.attempts, self.passwords)
        access = AccessTokens(self.signer, self.ids, self.clock, "https://auth.qpo", "qpo")
        self.create = CreateApiKey(prove, self.prove_code, self.keys, CountedSecrets(), self.ids, self.clock)
        self.list = ListApiKeys(self.keys)
        self.delete = DeleteApiKey(self.keys)
        self.exchange = ExchangeApiKey(self.users, self.keys, self.attempts, access, self.clock)

    async def keyed(self, asked=ASKED):
        """A user, a key of theirs, and what is kept of it."""
        user = await self.register(EMAIL, PASSWORD, HOME)
        return user, *await self.create(user.id, asked, PASSWORD, "", HOME)


@pytest.fixture
def world():
    return Keyed()


async def test_a_key_is_exchanged_for_a_token_of_its_owners_that_says_it_was_one(world):
    user, key, kept = await world.keyed()
    given = await world.exchange(key, ELSEWHERE)
    claims = world.signer.signed[-1]
    assert (claims.sub, claims.tid, claims.key, claims.amr, claims.roles) == (user.id, user.tenant_id, kept.id, (), ())
    assert claims.scopes == given.scopes == ("read:portfolio", "run:optimization")
    assert claims.exp - claims.iat == given.expires_in == 900


async def test_a_token_ends_with_its_key(world):
    _, key, _ = await world.keyed()
    world.clock.advance(days=30, minutes=-4)
    given = await world.exchange(key, HOME)
    assert given.expires_in == world.signer.signed[-1].exp - world.signer.signed[-1].iat == 240
    world.clock.advance(minutes=4)
    with pytest.raises(ApiKeyInvalid):
        await world.exchange(key, HOME)


async def test_nothing_of_the_key_is_kept_but_its_fingerprint(world):
    user, key, kept = await world.keyed()
    [listed] = await world.list(user.id)
    assert listed == kept
    assert key[26:69] not in repr(kept)


async def test_a_deleted_key_gives_no_token_and_is_its_owners_alone_to_delete(world):
    user, key, kept = await world.keyed()
    with pytest.raises(ApiKeyNotFound):
        await world.delete("somebody else", kept.id)
    await world.delete(user.id, kept.id)
    with pytest.raises(ApiKeyInvalid):
        await world.exchange(key, HOME)
    with pytest.raises(ApiKeyNotFound):
        await world.delete(user.id, kept.id)


async def test_a_key_deleted_while_it_is_exchanged_gives_no_token(world):
    user, key, kept = await world.keyed()
    get = world.users.get

    async def deleting(user_id):
        await world.delete(user.id, kept.id)
        return await get(user_id)

    world.users.get = deleting
    with pytest.raises(ApiKeyInvalid):
        await world.exchange(key, HOME)


async def test_another_secret_with_the_id_of_a_key_gives_no_token_and_closes_the_key_for_nobody(world):
    _, key, kept = await world.keyed()
    world.keys._keys[kept.id] = replace(kept, fingerprint=b"another")
    for _ in range(10):
        with pytest.raises(ApiKeyInvalid):
            await world.exchange(key, ELSEWHERE)
    world.keys._keys[kept.id] = kept
    assert await world.exchange(key, HOME)


async def test_a_key_is_exchanged_so_often_and_no_more(world):
    _, key, _ = await world.keyed()
    for _ in range(3):
        await world.exchange(key, HOME)
    with pytest.raises(TooManyAttempts):
        await world.exchange(key, HOME)


async def test_a_key_of_an_account_that_is_disabled_or_gone_gives_no_token(world):
    user, key, _ = await world.keyed()
    await world.users.disable(user.id, world.clock.now())
    with pytest.raises(AccountDisabled):
        await world.exchange(key, HOME)
    await world.users.enable(user.id, world.clock.now())
    assert await world.exchange(key, HOME)
    await DeleteUser(world.users, world.clock)(user.id)
    with pytest.raises(ApiKeyInvalid):
        await world.exchange(key, HOME)


async def test_a_key_loses_what_its_owners_role_loses(world):
    user, key, _ = await world.keyed(Asked("ticks", ["ingest:ticks", "read:all"], timedelta(days=1)))
    await world.users.give_role(user.id, Role.ADMIN, world.clock.now())
    assert "ingest:ticks" in (await world.exchange(key, HOME)).scopes
    await world.users.give_role(user.id, Role.USER, world.clock.now())
    assert (await world.exchange(key, HOME)).scopes == ("read:marketdata", "read:portfolio")


async def test_a_key_that_may_nothing_any_more_gives_no_token(world):
    _, key, _ = await world.keyed(Asked("ticks", ["ingest:ticks"], timedelta(days=1)))
    with pytest.raises(ApiKeyInvalid):
        await world.exchange(key, HOME)
    assert world.keys.done[1:] == []


async def test_what_is_mistyped_is_told_without_asking_anybody(world):
    _, key, _ = await world.keyed()
    with pytest.raises(ApiKeyMistyped):
        await world.exchange(key[:-1], HOME)


async def test_a_key_is_made_by_the_password_and_by_a_code_where_there_is_a_second_factor(world):
    user = await world.register(EMAIL, PASSWORD, HOME)
    with pytest.raises(BadCredentials):
        await world.create(user.id, ASKED, "another password", "", HOME)
    factor = SecondFactor(user.id, user.tenant_id, "a secret", world.clock.now())
    await world.factors.begin(factor)
    await world.factors.confirm(factor, 0, [], world.clock.now())
    with pytest.raises(SecondFactorRequired):
        await world.create(user.id, ASKED, PASSWORD, "", HOME)
    assert await world.create(user.id, ASKED, PASSWORD, world.codes.at(world.clock.now()), HOME)


async def test_a_keys_token_is_nobody_in_person(world):
    user, _, kept = await world.keyed()
    await PresentToken(world.users)(user.id, user.token_version, "")
    with pytest.raises(LoginRequired):
        await PresentToken(world.users)(user.id, user.token_version, kept.id)
