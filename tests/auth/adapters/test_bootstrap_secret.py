import stat

import pytest

from chassis.key_files import KeyFileExposed
from services.auth.adapters.bootstrap_secret_file import BootstrapSecretFile
from tests.auth.fakes import MemorySecret


@pytest.fixture(params=["memory", "file"])
def secret(request, tmp_path):
    return MemorySecret() if request.param == "memory" else BootstrapSecretFile(tmp_path / "keys")


def known(secret):
    return secret.value if isinstance(secret, MemorySecret) else secret.path.read_text().strip()


async def test_nothing_matches_before_a_secret_is_offered(secret):
    assert not await secret.matches("")
    assert not await secret.matches("offered")


async def test_the_offered_secret_alone_matches_and_stays_the_same(secret):
    await secret.offer()
    first = known(secret)
    await secret.offer()
    assert known(secret) == first
    assert await secret.matches(first)
    assert not await secret.matches(first + "x")
    assert not await secret.matches("")


async def test_a_removed_secret_matches_no_more_and_is_removed_twice_without_harm(secret):
    await secret.offer()
    first = known(secret)
    await secret.remove()
    await secret.remove()
    assert not await secret.matches(first)


async def test_the_file_holds_256_bits_for_its_owner_alone(tmp_path):
    secret = BootstrapSecretFile(tmp_path)
    await secret.offer()
    assert stat.S_IMODE(secret.path.stat().st_mode) == 0o600
    assert len(known(secret)) == 43
    assert await secret.matches(f"{known(secret)}\n"), "as `cat` gives it"


async def test_a_secret_that_others_can_read_is_not_taken(tmp_path):
    secret = BootstrapSecretFile(tmp_path)
    await secret.offer()
    secret.path.chmod(0o644)
    with pytest.raises(KeyFileExposed):
        await secret.matches(known(secret))
