import secrets
import stat
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from services.auth.adapters.emails_aesgcm import ACTIVE, INDEX, EmailVault, vault_from
from services.auth.adapters.users_postgres import PostgresUsers
from services.auth.domain.roles import Role
from services.auth.domain.user import newcomer

ACTIVE_KEY, OLD_KEY, INDEX_KEY = (secrets.token_bytes(32) for _ in range(3))
VAULT = EmailVault(ACTIVE_KEY, [], INDEX_KEY)


@given(st.emails(), st.uuids())
def test_a_sealed_address_opens_for_its_own_row(email, row):
    assert VAULT.open(str(row), VAULT.seal(str(row), email)) == email


@given(st.emails(), st.uuids(), st.uuids())
def test_a_sealed_address_moved_to_another_row_does_not_open(email, row, other):
    if row == other:
        return
    with pytest.raises(InvalidTag):
        VAULT.open(str(other), VAULT.seal(str(row), email))


@given(st.data())
def test_a_changed_byte_is_noticed(data):
    sealed = VAULT.seal("row", "ann@example.com")
    position = data.draw(st.integers(0, len(sealed.sealed) - 1))
    changed = bytearray(sealed.sealed)
    changed[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidTag):
        VAULT.open("row", replace(sealed, sealed=bytes(changed)))


def test_sealing_twice_gives_two_texts_but_one_index():
    first, second = (VAULT.seal("row", "ann@example.com") for _ in range(2))
    assert first.sealed != second.sealed
    assert VAULT.index("ann@example.com") == VAULT.index("ann@example.com")
    assert VAULT.index("ann@example.com") != VAULT.index("bob@example.com")


def test_an_index_cannot_be_computed_without_its_key():
    another = EmailVault(ACTIVE_KEY, [], secrets.token_bytes(32))
    assert another.index("ann@example.com") != VAULT.index("ann@example.com")


def test_a_retired_key_opens_what_it_sealed_and_seals_no_more():
    old = EmailVault(OLD_KEY, [], INDEX_KEY).seal("row", "ann@example.com")
    rotated = EmailVault(ACTIVE_KEY, [OLD_KEY], INDEX_KEY)
    assert rotated.open("row", old) == "ann@example.com"
    assert rotated.seal("row", "ann@example.com").key_id != old.key_id


def test_a_missing_key_is_named():
    sealed = EmailVault(OLD_KEY, [], INDEX_KEY).seal("row", "ann@example.com")
    with pytest.raises(LookupError, match=sealed.key_id):
        VAULT.open("row", sealed)


def test_a_key_of_another_length_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        EmailVault(b"short", [], INDEX_KEY)


def test_keys_persist_and_are_their_owners_alone(tmp_path):
    sealed = vault_from(tmp_path).seal("row", "ann@example.com")
    (tmp_path / ACTIVE).rename(tmp_path / "email.retired-1.key")
    assert vault_from(tmp_path).open("row", sealed) == "ann@example.com"
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in (ACTIVE, INDEX)}
    assert modes == {0o600}


async def test_nothing_in_the_users_table_shows_an_address(empty_pool, vault, trail):
    user = newcomer("01987f6c-0000-7000-8000-000000000001", "ann@example.com", Role.USER, datetime.now(UTC))
    await PostgresUsers(empty_pool, vault, trail).add(user, "a hash")
    row = await empty_pool.fetchrow("SELECT u::text AS all_of_it, email FROM users u")
    assert "ann" not in row["all_of_it"]
    assert b"ann@example.com" not in row["email"]
