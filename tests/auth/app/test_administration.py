"""BootstrapAdmin, OfferBootstrap and UpdateRole on named fakes."""

import pytest

from services.auth.app.bootstrap_admin import BootstrapAdmin
from services.auth.app.offer_bootstrap import OfferBootstrap
from services.auth.app.register import Register
from services.auth.app.update_role import UpdateRole
from services.auth.domain.errors import (
    AlreadyBootstrapped,
    BootstrapSecretWrong,
    EmailTaken,
    UserNotFound,
    WeakPassword,
)
from services.auth.domain.roles import Role
from tests.auth.fakes import CountedAttempts, CountedIds, MemorySecret, MemoryUsers, ReversedPasswords, SetClock

EMAIL, PASSWORD = "root@example.com", "k2#Vq9!mZp4x"


class Installation:
    """What an operator touches."""

    def __init__(self):
        self.users, self.secret = MemoryUsers(), MemorySecret()
        passwords, ids, clock = ReversedPasswords(), CountedIds(), SetClock()
        self.register = Register(self.users, CountedAttempts(), passwords, ids, clock)
        self.offer = OfferBootstrap(self.users, self.secret)
        self.bootstrap = BootstrapAdmin(self.users, passwords, self.secret, ids, clock)
        self.update_role = UpdateRole(self.users, clock)


@pytest.fixture
async def installation():
    fresh = Installation()
    await fresh.offer()
    return fresh


async def test_the_secret_makes_one_administrator_and_is_gone(installation):
    admin = await installation.bootstrap("offered", EMAIL, PASSWORD)
    assert admin.roles == {Role.ADMIN}
    assert installation.secret.value is None


async def test_another_secret_makes_nobody(installation):
    with pytest.raises(BootstrapSecretWrong):
        await installation.bootstrap("guessed", EMAIL, PASSWORD)
    assert not await installation.users.has_admin()


async def test_there_is_no_second_first_administrator(installation):
    await installation.bootstrap("offered", EMAIL, PASSWORD)
    with pytest.raises(AlreadyBootstrapped):
        await installation.bootstrap("offered", "other@example.com", PASSWORD)


async def test_a_replica_that_starts_while_another_makes_the_administrator_leaves_no_secret(installation):
    offer_late = installation.secret.offer

    async def offer():
        await installation.bootstrap("offered", EMAIL, PASSWORD)
        await offer_late()

    installation.secret.offer = offer
    assert not await installation.offer()
    assert installation.secret.value is None


async def test_a_refused_administrator_leaves_the_secret_for_another_try(installation):
    with pytest.raises(WeakPassword):
        await installation.bootstrap("offered", EMAIL, "Password2024!")
    assert await installation.bootstrap("offered", EMAIL, PASSWORD)


async def test_an_address_with_an_account_is_not_made_administrator(installation):
    await installation.register(EMAIL, PASSWORD, "")
    with pytest.raises(EmailTaken):
        await installation.bootstrap("offered", EMAIL, PASSWORD)
    assert installation.secret.value == "offered"


async def test_a_restart_offers_the_same_secret_while_it_is_of_use(installation):
    assert await installation.offer()
    assert installation.secret.value == "offered"


async def test_a_secret_that_outlived_its_use_is_removed_at_the_next_start(installation):
    await installation.bootstrap("offered", EMAIL, PASSWORD)
    installation.secret.value = "left behind"
    assert not await installation.offer()
    assert installation.secret.value is None


async def test_a_role_replaces_the_present_one_and_is_stored(installation):
    user = await installation.register(EMAIL, PASSWORD, "")
    changed = await installation.update_role(user.id, Role.ADVISOR)
    assert (changed.roles, changed.token_version) == ({Role.ADVISOR}, 2)
    assert await installation.users.get(user.id) == changed


async def test_giving_the_same_role_twice_is_giving_it_once(installation):
    user = await installation.register(EMAIL, PASSWORD, "")
    once = await installation.update_role(user.id, Role.ADVISOR)
    assert await installation.update_role(user.id, Role.ADVISOR) == once


async def test_nobody_cannot_be_given_a_role(installation):
    with pytest.raises(UserNotFound):
        await installation.update_role("01987f6c-0000-7000-8000-ffffffffffff", Role.USER)
