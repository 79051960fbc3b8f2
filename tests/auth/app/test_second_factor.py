"""A second factor from its beginning to its end, and what it asks of a login, on named fakes."""

from dataclasses import dataclass

import pytest

from services.auth.app.prove import ProvePassword
from services.auth.app.second_factor import (
    BeginSecondFactor,
    ConfirmSecondFactor,
    RemoveSecondFactor,
    ResetSecondFactor,
)
from services.auth.domain.audit import Action
from services.auth.domain.errors import (
    AccountDisabled,
    BadCredentials,
    OwnAccount,
    SecondFactorOff,
    SecondFactorOn,
    SecondFactorRequired,
    SecondFactorWrong,
    TooManyAttempts,
    UserNotFound,
)
from tests.auth.app.test_admission import EMAIL, HOME, PASSWORD, World


@dataclass
class Guarded(World):
    """And the second factor's use cases on the same fakes."""

    def __post_init__(self):
        super().__post_init__()
        prove = ProvePassword(self.users, self.attempts, self.passwords)
        self.begin = BeginSecondFactor(prove, self.factors, self.codes, self.clock)
        self.confirm = ConfirmSecondFactor(self.users, self.attempts, self.factors, self.codes, self.clock)
        self.remove = RemoveSecondFactor(prove, self.prove_code, self.factors)
        self.reset = ResetSecondFactor(self.users, self.factors)

    def code(self, **later):
        """The app's code, some time from now."""
        self.clock.advance(**later)
        return self.codes.at(self.clock.now())

    async def guarded(self):
        """A user with a second factor, logged in with it; and their recovery codes."""
        user = await self.register(EMAIL, PASSWORD, HOME)
        await self.begin(user.id, PASSWORD, HOME)
        recovery = await self.confirm(user.id, self.code(), HOME)
        await self.login(EMAIL, PASSWORD, HOME, self.code(minutes=5))
        self.clock.advance(minutes=5)
        return user, recovery


@pytest.fixture
def world():
    return Guarded()


async def test_a_login_wants_a_code_once_the_second_factor_is_confirmed_and_not_before(world):
    user = await world.register(EMAIL, PASSWORD, HOME)
    secret, uri = await world.begin(user.id, PASSWORD, HOME)
    assert secret in uri
    assert await world.login(EMAIL, PASSWORD, HOME)
    await world.confirm(user.id, world.code(), HOME)
    with pytest.raises(SecondFactorRequired):
        await world.login(EMAIL, PASSWORD, HOME)
    assert await world.login(EMAIL, PASSWORD, HOME, world.code(minutes=1))


async def test_the_token_of_a_login_says_how_one_was_let_in_and_so_do_those_behind_it(world):
    user = await world.register(EMAIL, PASSWORD, HOME)
    await world.login(EMAIL, PASSWORD, HOME)
    await world.begin(user.id, PASSWORD, HOME)
    await world.confirm(user.id, world.code(), HOME)
    pair, _ = await world.login(EMAIL, PASSWORD, HOME, world.code(minutes=1))
    await world.refresh(pair.refresh_token)
    assert [claims.amr for claims in world.signer.signed] == [("pwd",), ("pwd", "otp"), ("pwd", "otp")]


async def test_the_code_that_confirmed_logs_nobody_in_nor_does_one_twice(world):
    user = await world.register(EMAIL, PASSWORD, HOME)
    await world.begin(user.id, PASSWORD, HOME)
    await world.confirm(user.id, world.code(), HOME)
    with pytest.raises(SecondFactorWrong):
        await world.login(EMAIL, PASSWORD, HOME, world.code())
    await world.attempts.forgive(EMAIL)
    spent = world.code(minutes=1)
    await world.login(EMAIL, PASSWORD, HOME, spent)
    for _ in range(3):
        with pytest.raises(SecondFactorWrong):
            await world.login(EMAIL, PASSWORD, HOME, spent)
        world.clock.advance(seconds=30)


@pytest.mark.parametrize(("off", "counts"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
async def test_a_clock_may_be_one_step_off(world, off, counts):
    await world.guarded()
    code = world.code(seconds=off)
    world.clock.advance(seconds=-off)
    if counts:
        assert await world.login(EMAIL, PASSWORD, HOME, code)
    else:
        with pytest.raises(SecondFactorWrong):
            await world.login(EMAIL, PASSWORD, HOME, code)


async def test_a_step_before_one_that_was_taken_counts_no_more(world):
    await world.guarded()
    earlier, later = world.code(), world.code(seconds=30)
    await world.login(EMAIL, PASSWORD, HOME, later)
    with pytest.raises(SecondFactorWrong):
        await world.login(EMAIL, PASSWORD, HOME, earlier)


async def test_a_recovery_code_counts_once_and_is_written_down(world):
    user, [first, second, *_] = await world.guarded()
    assert await world.login(EMAIL, PASSWORD, HOME, first.lower())
    with pytest.raises(SecondFactorWrong):
        await world.login(EMAIL, PASSWORD, HOME, first)
    assert await world.login(EMAIL, PASSWORD, HOME, second)
    assert world.factors.done[1:] == [(Action.RECOVERY_CODE_USE, user.id)] * 2


async def test_without_the_password_nobody_is_told_that_there_is_a_second_factor(world):
    await world.guarded()
    for code in ("", "123456", world.code()):
        with pytest.raises(BadCredentials) as refused:
            await world.login(EMAIL, "another password", HOME, code)
        assert str(refused.value) == str(BadCredentials())


async def test_a_wrong_password_uses_no_code_up(world):
    await world.guarded()
    code = world.code()
    with pytest.raises(BadCredentials):
        await world.login(EMAIL, "another password", HOME, code)
    assert await world.login(EMAIL, PASSWORD, HOME, code)


async def test_wrong_codes_close_the_account_as_wrong_passwords_do_though_the_password_is_right(world):
    await world.guarded()
    for code in ("000000", "", "NOT-A-RECOVERY-CODE"):
        with pytest.raises((SecondFactorWrong, SecondFactorRequired)):
            await world.login(EMAIL, PASSWORD, HOME, code)
    compared = len(world.passwords.verified)
    with pytest.raises(TooManyAttempts):
        await world.login(EMAIL, PASSWORD, HOME, world.code())
    assert len(world.passwords.verified) == compared


async def test_a_disabled_account_is_asked_for_no_code(world):
    user, _ = await world.guarded()
    await world.users.disable(user.id, world.clock.now())
    with pytest.raises(AccountDisabled):
        await world.login(EMAIL, PASSWORD, HOME)


async def test_a_second_factor_is_begun_by_the_password_alone(world):
    user = await world.register(EMAIL, PASSWORD, HOME)
    with pytest.raises(BadCredentials):
        await world.begin(user.id, "another password", HOME)
    with pytest.raises(SecondFactorOff):
        await world.confirm(user.id, world.code(), HOME)


async def test_another_code_confirms_nothing_nor_does_one_that_comes_too_late(world):
    user = await world.register(EMAIL, PASSWORD, HOME)
    await world.begin(user.id, PASSWORD, HOME)
    with pytest.raises(SecondFactorWrong):
        await world.confirm(user.id, "000000", HOME)
    with pytest.raises(SecondFactorOff):
        await world.confirm(user.id, world.code(minutes=16), HOME)
    assert await world.login(EMAIL, PASSWORD, HOME)


async def test_one_that_is_on_is_neither_begun_nor_confirmed_again(world):
    user, _ = await world.guarded()
    with pytest.raises(SecondFactorOn):
        await world.begin(user.id, PASSWORD, HOME)
    with pytest.raises(SecondFactorOn):
        await world.confirm(user.id, world.code(), HOME)


async def test_it_is_removed_by_password_and_code_together(world):
    user, [recovery, *_] = await world.guarded()
    with pytest.raises(BadCredentials):
        await world.remove(user.id, "another password", recovery, HOME)
    with pytest.raises(SecondFactorWrong):
        await world.remove(user.id, PASSWORD, "000000", HOME)
    await world.remove(user.id, PASSWORD, recovery, HOME)
    assert world.factors.done[-1] == (Action.SECOND_FACTOR_OFF, user.id)
    await world.attempts.forgive(EMAIL)
    assert await world.login(EMAIL, PASSWORD, HOME)
    with pytest.raises(SecondFactorOff):
        await world.remove(user.id, PASSWORD, recovery, HOME)


async def test_an_administrator_takes_it_away_from_anybody_but_themselves(world):
    user, _ = await world.guarded()
    with pytest.raises(OwnAccount):
        await world.reset(user.id, user.id)
    for _ in range(2):
        await world.reset(user.id, "an administrator")
    assert world.factors.done[1:] == [(Action.ADMIN_ACTION, user.id)]
    assert await world.login(EMAIL, PASSWORD, HOME)
    with pytest.raises(UserNotFound):
        await world.reset("nobody", "an administrator")
