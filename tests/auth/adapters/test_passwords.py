import asyncio

import pytest
from argon2 import PasswordHasher, extract_parameters

from services.auth.adapters.passwords_argon2 import Argon2Passwords
from services.auth.domain.errors import Overloaded
from tests.auth.fakes import ReversedPasswords

PASSWORD = "k2#Vq9!mZp4x"


@pytest.fixture
def argon2():
    passwords = Argon2Passwords(threads=2, most_waiting=4)
    yield passwords
    passwords.close()


@pytest.fixture(params=["reversed", "argon2"])
def passwords(request):
    return ReversedPasswords() if request.param == "reversed" else request.getfixturevalue("argon2")


async def test_a_password_matches_its_own_hash_alone(passwords):
    hashed = await passwords.hash(PASSWORD)
    assert PASSWORD not in hashed
    assert await passwords.verify(hashed, PASSWORD)
    assert not await passwords.verify(hashed, "another password")


async def test_nobodys_hash_is_matched_by_nothing(passwords):
    assert not await passwords.verify(None, PASSWORD)


async def test_hashes_are_argon2id_at_two_passes_of_19_mib_and_salted(argon2):
    hashed = await argon2.hash(PASSWORD)
    parameters = extract_parameters(hashed)
    assert hashed.startswith("$argon2id$")
    assert (parameters.time_cost, parameters.memory_cost, parameters.parallelism) == (2, 19456, 1)
    assert hashed != await argon2.hash(PASSWORD)


async def test_characters_beyond_ascii_count(argon2):
    hashed = await argon2.hash("pässwörter \U0001f331 wachsen")
    assert await argon2.verify(hashed, "pässwörter \U0001f331 wachsen")
    assert not await argon2.verify(hashed, "passworter \U0001f331 wachsen")


async def test_an_unknown_user_takes_as_much_work_as_a_wrong_password(argon2, monkeypatch):
    compared = []
    verify = PasswordHasher.verify

    def counted(hasher, hashed, password):
        compared.append((extract_parameters(hashed), len(hashed), password))
        return verify(hasher, hashed, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    hashed = await argon2.hash(PASSWORD)
    for given in (hashed, None):
        assert not await argon2.verify(given, "another password")
    known, unknown = compared
    assert known == unknown


async def test_beyond_the_bound_calls_are_refused_at_once_and_told_when_to_return(argon2):
    calls = [argon2.hash(PASSWORD) for _ in range(10)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    refused = [result for result in results if isinstance(result, Overloaded)]
    assert len(refused) == 6
    assert all(error.retry_after >= 1 for error in refused)
    assert await argon2.hash(PASSWORD), "what was refused takes no place for good"


async def test_a_caller_who_leaves_gives_its_place_back(argon2):
    tasks = [asyncio.ensure_future(argon2.hash(PASSWORD)) for _ in range(4)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await argon2.hash(PASSWORD)


async def test_the_event_loop_runs_on_while_passwords_are_hashed(argon2):
    hashing = asyncio.gather(*(argon2.hash(PASSWORD) for _ in range(4)))
    turns = 0
    while not hashing.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 10
    await hashing
