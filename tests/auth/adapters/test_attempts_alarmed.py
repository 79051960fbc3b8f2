"""Attempts beyond the limits are told once an hour for each account and address, and never in any number."""

import pytest

from services.auth.adapters.attempts_alarmed import AlarmedAttempts
from services.auth.domain.errors import TooManyAttempts
from tests.auth.fakes import SetClock


class Refusing:
    """Refuses by one limit."""

    def __init__(self, limit="address"):
        self.limit = limit

    async def count(self, address, email=""):
        raise TooManyAttempts(1.0, self.limit)


class Noted:
    """Alarms as they were told."""

    def __init__(self, broken=False):
        self.told, self.broken = [], broken

    async def tell(self, kind, key, **said):
        if self.broken:
            raise ConnectionError
        self.told.append((str(kind), said["subject"], said["ip_address"]))
        return True


async def tried(attempts, address="192.0.2.1", email="ann@example.com"):
    with pytest.raises(TooManyAttempts):
        await attempts.count(address, email)


def index(email):
    return email.encode().ljust(32)


async def test_an_address_is_told_once_an_hour():
    alarms, clock = Noted(), SetClock()
    attempts = AlarmedAttempts(Refusing(), alarms, index, clock)
    for _ in range(5):
        await tried(attempts)
    clock.advance(hours=1)
    await tried(attempts)
    assert alarms.told == [("passwords_guessed", "", "192.0.2.1")] * 2


async def test_an_account_is_named_by_a_part_of_its_blind_index():
    alarms = Noted()
    await tried(AlarmedAttempts(Refusing("account"), alarms, index, SetClock()))
    [(kind, subject, _)] = alarms.told
    assert kind == "account_closed"
    assert subject == f"account:{index('ann@example.com').hex()[:16]}"


async def test_whoever_comes_from_everywhere_fills_no_store():
    alarms, clock = Noted(), SetClock()
    attempts = AlarmedAttempts(Refusing(), alarms, index, clock)
    for number in range(100):
        await tried(attempts, f"192.0.2.{number}")
    assert len(alarms.told) == 20
    clock.advance(minutes=1)
    await tried(attempts, "198.51.100.1")
    assert len(alarms.told) == 21


async def test_an_attempt_is_refused_though_it_cannot_be_told():
    await tried(AlarmedAttempts(Refusing(), Noted(broken=True), index, SetClock()))
