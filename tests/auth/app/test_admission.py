"""Register, Login, Refresh, Logout and WhoAmI on named fakes."""

import contextlib
from dataclasses import dataclass, field

import pytest

from services.auth.app.access_tokens import AccessTokens
from services.auth.app.delete_user import DeleteUser
from services.auth.app.get_jwks import GetJwks
from services.auth.app.login import Login
from services.auth.app.logout import Logout
from services.auth.app.prove import ProveCode
from services.auth.app.refresh import Refresh
from services.auth.app.register import Register
from services.auth.app.who_am_i import WhoAmI
from services.auth.domain.errors import (
    AccountDisabled,
    BadCredentials,
    EmailTaken,
    Overloaded,
    RefreshTokenInvalid,
    TooManyAttempts,
    UserNotFound,
    WeakPassword,
)
from services.auth.domain.roles import Role, scopes_of
from tests.auth.fakes import (
    CountedAttempts,
    CountedIds,
    CountedTokens,
    MemoryRefreshTokens,
    MemorySecondFactors,
    MemoryUsers,
    ReadableSigner,
    ReversedPasswords,
    SetClock,
    StepCodes,
)

EMAIL, PASSWORD = "ann@example.com", "k2#Vq9!mZp4x"
HOME, ELSEWHERE = "192.0.2.1", "192.0.2.2"


@dataclass
class World:
    """The use cases on one set of fakes."""

    users: MemoryUsers = field(default_factory=MemoryUsers)
    attempts: CountedAttempts = field(default_factory=CountedAttempts)
    factors: MemorySecondFactors = field(default_factory=MemorySecondFactors)
    codes: StepCodes = field(default_factory=StepCodes)
    families: MemoryRefreshTokens = field(default_factory=MemoryRefreshTokens)
    passwords: ReversedPasswords = field(default_factory=ReversedPasswords)
    signer: ReadableSigner = field(default_factory=ReadableSigner)
    clock: SetClock = field(default_factory=SetClock)
    ids: CountedIds = field(default_factory=CountedIds)

    def __post_init__(self):
        opaque = CountedTokens()
        access = AccessTokens(self.signer, self.ids, self.clock, "https://auth.qpo", "qpo")
        self.register = Register(self.users, self.attempts, self.passwords, self.ids, self.clock)
        self.prove_code = ProveCode(self.factors, self.codes, self.clock)
        doors = (self.users, self.attempts, self.passwords, self.prove_code)
        self.login = Login(*doors, self.families, opaque, access, self.ids, self.clock)
        self.refresh = Refresh(self.users, self.families, opaque, access, self.clock)
        self.logout = Logout(self.families, self.clock)
        self.who_am_i = WhoAmI(self.users)


@pytest.fixture
def world():
    return World()


async def test_who_registers_is_a_user_and_nothing_more(world):
    user = await world.register("Ann@Example.com", PASSWORD, HOME)
    assert user.roles == {Role.USER}
    assert user == await world.who_am_i(user.id)


async def test_an_email_is_registered_once_in_whatever_case(world):
    await world.register(EMAIL, PASSWORD, HOME)
    with pytest.raises(EmailTaken):
        await world.register("ANN@example.com", PASSWORD, HOME)


async def test_a_weak_password_makes_no_account(world):
    with pytest.raises(WeakPassword):
        await world.register(EMAIL, "Password2024!", HOME)
    assert await world.users.credentials(EMAIL) is None


async def test_a_registration_that_cannot_hash_makes_no_account(world):
    world.passwords.busy = True
    with pytest.raises(Overloaded):
        await world.register(EMAIL, PASSWORD, HOME)
    assert await world.users.credentials(EMAIL) is None


async def test_a_password_is_never_stored_in_clear(world):
    await world.register(EMAIL, PASSWORD, HOME)
    assert (await world.users.credentials(EMAIL)).password_hash != PASSWORD


async def test_a_login_gives_a_pair_whose_access_token_names_the_user(world):
    registered = await world.register(EMAIL, PASSWORD, HOME)
    pair, user = await world.login(" ANN@Example.com", PASSWORD, HOME)
    claims = world.signer.signed[-1]
    assert user == registered
    assert (claims.sub, set(claims.scopes)) == (user.id, scopes_of([Role.USER]))
    assert (pair.access_token, pair.expires_in) == ("signed-1", 900)


async def test_a_wrong_password_and_an_unknown_email_are_refused_in_the_same_words(world):
    await world.register(EMAIL, PASSWORD, HOME)
    with pytest.raises(BadCredentials) as wrong:
        await world.login(EMAIL, "another password", HOME)
    with pytest.raises(BadCredentials) as unknown:
        await world.login("nobody@example.com", PASSWORD, HOME)
    assert str(wrong.value) == str(unknown.value)


async def test_an_unknown_email_is_verified_against_something_too(world):
    with pytest.raises(BadCredentials):
        await world.login("nobody@example.com", PASSWORD, HOME)
    assert world.passwords.verified == [None]


async def test_a_refresh_gives_another_pair_and_spends_the_old_token(world):
    await world.register(EMAIL, PASSWORD, HOME)
    first, _ = await world.login(EMAIL, PASSWORD, HOME)
    second = await world.refresh(first.refresh_token)
    third = await world.refresh(second.refresh_token)
    assert len({first, second, third}) == 3


async def test_a_token_that_comes_back_ends_its_family(world):
    await world.register(EMAIL, PASSWORD, HOME)
    stolen, _ = await world.login(EMAIL, PASSWORD, HOME)
    successor = await world.refresh(stolen.refresh_token)
    for token in (stolen, successor):
        with pytest.raises(RefreshTokenInvalid):
            await world.refresh(token.refresh_token)


async def test_the_end_of_a_family_leaves_the_users_other_logins_alone(world):
    await world.register(EMAIL, PASSWORD, HOME)
    laptop, _ = await world.login(EMAIL, PASSWORD, HOME)
    phone, _ = await world.login(EMAIL, PASSWORD, HOME)
    await world.logout(laptop.refresh_token)
    with pytest.raises(RefreshTokenInvalid):
        await world.refresh(laptop.refresh_token)
    assert await world.refresh(phone.refresh_token)


async def test_a_logout_succeeds_again_and_for_any_token(world):
    await world.register(EMAIL, PASSWORD, HOME)
    pair, _ = await world.login(EMAIL, PASSWORD, HOME)
    for token in (pair.refresh_token, pair.refresh_token, "never given"):
        assert await world.logout(token) is None


async def test_an_unknown_or_expired_token_is_refused(world):
    await world.register(EMAIL, PASSWORD, HOME)
    pair, _ = await world.login(EMAIL, PASSWORD, HOME)
    world.clock.advance(days=7)
    for token in (pair.refresh_token, "never given"):
        with pytest.raises(RefreshTokenInvalid):
            await world.refresh(token)


async def test_a_refresh_carries_the_role_that_the_user_has_by_then(world):
    user = await world.register(EMAIL, PASSWORD, HOME)
    pair, _ = await world.login(EMAIL, PASSWORD, HOME)
    await world.users.give_role(user.id, Role.ADVISOR, world.clock.now())
    await world.refresh(pair.refresh_token)
    assert (world.signer.signed[-1].roles, world.signer.signed[-1].ver) == (("advisor",), 2)


async def test_an_account_that_is_gone_can_neither_refresh_nor_ask_who_it_is(world):
    user = await world.register(EMAIL, PASSWORD, HOME)
    pair, _ = await world.login(EMAIL, PASSWORD, HOME)
    await DeleteUser(world.users, world.clock)(user.id)
    with pytest.raises(RefreshTokenInvalid):
        await world.refresh(pair.refresh_token)
    with pytest.raises(UserNotFound):
        await world.who_am_i(user.id)


async def test_the_signers_public_keys_are_shown(world):
    assert await GetJwks(world.signer)() == world.signer.public_keys()


async def test_what_is_tried_too_often_is_not_even_compared(world):
    await world.register(EMAIL, PASSWORD, HOME)
    for _ in range(3):
        with pytest.raises(BadCredentials):
            await world.login(EMAIL, "another password", ELSEWHERE)
    compared = len(world.passwords.verified)
    with pytest.raises(TooManyAttempts):
        await world.login(EMAIL.upper(), PASSWORD, HOME)
    assert len(world.passwords.verified) == compared


async def test_who_knows_the_password_starts_anew(world):
    await world.register(EMAIL, PASSWORD, HOME)
    for password in ("wrong", "wrong", PASSWORD, "wrong", "wrong"):
        with contextlib.suppress(BadCredentials):
            await world.login(EMAIL, password, HOME)
    assert await world.login(EMAIL, PASSWORD, HOME)


async def test_an_address_that_tried_too_often_makes_no_account():
    world = World(attempts=CountedAttempts(of_address=1))
    await world.register(EMAIL, PASSWORD, HOME)
    with pytest.raises(TooManyAttempts):
        await world.register("bob@example.com", PASSWORD, HOME)
    assert await world.users.credentials("bob@example.com") is None
    assert await world.register("bob@example.com", PASSWORD, ELSEWHERE)


async def test_whoever_does_not_know_the_password_of_a_disabled_account_is_not_told_that_it_is(world):
    user = await world.register(EMAIL, PASSWORD, HOME)
    await world.users.disable(user.id, world.clock.now())
    with pytest.raises(BadCredentials):
        await world.login(EMAIL, "another password", HOME)
    with pytest.raises(AccountDisabled):
        await world.login(EMAIL, PASSWORD, HOME)
