"""Attempts to log in, counted by two processes on a real Redis, and by one alone where there is none."""

import asyncio
import secrets

import pytest
import redis
from prometheus_client import CollectorRegistry, generate_latest

from services.auth.adapters.attempts_limits import LimitedAttempts
from services.auth.domain.attempts import Limits
from services.auth.domain.errors import TooManyAttempts
from stack.process import running
from stack.redis import Redis

NOWHERE = "unix:///nowhere/redis.sock"
MANY = "100000 per hour"


def vault_index(email):
    return email.encode()


def address():
    """One that no other test calls from."""
    return f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.{secrets.randbelow(256)}"


def email():
    """One that no other test tries."""
    return f"{secrets.token_hex(8)}@example.com"


@pytest.fixture
def counting(redis_url):
    """A process that counts."""

    def process(url=redis_url, **limits):
        numbers = Limits(**{"account": MANY, "address": MANY, "everybody": MANY, "key": MANY, **limits})
        registry = CollectorRegistry()
        return LimitedAttempts(numbers, url, vault_index, registry), registry

    return process


async def counted(attempts, calls):
    """How many of these attempts count."""
    results = await asyncio.gather(*(attempts.count(*call) for call in calls), return_exceptions=True)
    assert {type(result) for result in results} <= {type(None), TooManyAttempts}
    return results.count(None)


async def test_of_many_attempts_at_once_at_two_replicas_as_many_count_as_are_allowed(counting):
    victim = email()
    one, _ = counting(account="10 per 15 minutes")
    two, _ = counting(account="10 per 15 minutes")
    found = await asyncio.gather(*(counted(each, [(address(), victim) for _ in range(50)]) for each in (one, two)))
    assert sum(found) == 10


async def test_who_is_refused_is_told_when_the_next_attempt_counts(counting):
    attempts, _ = counting(account="2 per 15 minutes")
    victim = email()
    for _ in range(2):
        await attempts.count(address(), victim)
    with pytest.raises(TooManyAttempts) as caught:
        await attempts.count(address(), victim)
    assert 890 < caught.value.retry_after <= 900


async def test_an_address_that_is_refused_locks_no_account(counting):
    attempts, registry = counting(address="3 per hour", account="4 per hour")
    here, victim = address(), email()
    assert await counted(attempts, [(here, victim) for _ in range(20)]) == 3
    assert await counted(attempts, [(address(), victim)]) == 1
    text = generate_latest(registry).decode()
    assert 'login_attempts_total{result="counted"} 4.0' in text
    assert 'login_attempts_total{result="address"} 17.0' in text


async def test_a_locked_account_uses_up_nobodys_share(counting):
    own = secrets.randbelow(10**6) + 50  # a window of everybody's that no other test counts in
    attempts, _ = counting(account="2 per hour", everybody=f"{own} per hour")
    victim = email()
    assert await counted(attempts, [(address(), victim) for _ in range(100)]) == 2
    assert await counted(attempts, [(address(), email()) for _ in range(48)]) == 48


async def test_everybody_together_is_limited(counting):
    attempts, _ = counting(everybody="7 per 59 minutes")
    assert await counted(attempts, [(address(), email()) for _ in range(40)]) == 7


async def test_an_account_is_free_again_once_it_is_forgiven(counting):
    attempts, _ = counting(account="2 per hour")
    other, _ = counting(account="2 per hour")
    victim = email()
    assert await counted(attempts, [(address(), victim) for _ in range(5)]) == 2
    await other.forgive(victim)
    assert await counted(attempts, [(address(), victim) for _ in range(5)]) == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.77", "192.0.2.78", False),
        ("", "no address", True),
    ],
)
async def test_an_address_of_ipv6_is_counted_as_its_network(counting, one, other, same):
    seconds = secrets.randbelow(1000) + 100
    attempts, _ = counting(address=f"1 per {seconds} minutes")
    await attempts.count(one)
    assert await counted(attempts, [(other,)]) == (0 if same else 1)


async def test_redis_holds_no_email_address(counting, redis_url):
    attempts, _ = counting()
    victim = email()
    await attempts.count(address(), victim)
    with redis.Redis.from_url(redis_url) as client:
        names = b" ".join(client.scan_iter("auth:attempts*"))
    assert victim.encode().hex().encode() in names
    assert victim.encode() not in names


async def test_a_key_is_exchanged_so_often_over_all_replicas_and_no_other_for_it(counting):
    replicas = [counting(key="5 per hour")[0] for _ in range(2)]
    key, another = secrets.token_hex(8), secrets.token_hex(8)
    calls = [each.count_key(key) for each in replicas * 10]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert (results.count(None), len([each for each in results if isinstance(each, TooManyAttempts)])) == (5, 15)
    await replicas[0].count_key(another)


async def test_without_redis_a_process_counts_by_itself(counting):
    attempts, _ = counting(NOWHERE, account="3 per hour", everybody="5 per hour")
    victim = email()
    assert await counted(attempts, [(address(), victim) for _ in range(20)]) <= 3
    assert await counted(attempts, [(address(), email()) for _ in range(20)]) <= 2
    with pytest.raises(ConnectionError):
        await attempts.forgive(victim)


async def test_a_redis_that_goes_away_lets_nobody_try_without_end(counting, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gone")
    server = Redis(folder / "data", folder / "socket")
    victim = email()
    with running(server, folder / "redis.log"):
        attempts, _ = counting(server.url, account="3 per hour")
        assert await counted(attempts, [(address(), victim) for _ in range(20)]) == 3
    assert await counted(attempts, [(address(), victim) for _ in range(20)]) == 3
    assert await counted(attempts, [(address(), victim) for _ in range(20)]) == 0
