"""How keys are written, read and judged."""

import string
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.domain.api_keys import ApiKey, fingerprint, read, to_the_hour, written
from services.auth.domain.errors import ApiKeyMistyped
from services.auth.domain.roles import Role
from services.auth.domain.user import newcomer

NOW = datetime(2026, 3, 1, 12, 34, 56, 789, tzinfo=UTC)
LETTERS = string.ascii_letters + string.digits
ids, secrets = st.uuids().map(str), st.binary(min_size=32, max_size=32)


@given(ids, secrets)
def test_a_key_is_one_word_that_tells_its_id_and_its_secret(key_id, secret):
    key = written(key_id, secret)
    assert len(key) == 75
    assert key.startswith("qpo_")
    assert set(key[4:]) <= set(LETTERS)
    assert read(key) == read(f" {key}\n") == (key_id, secret)


@given(ids, secrets, st.integers(4, 74), st.sampled_from(LETTERS))
def test_a_character_that_was_mistyped_is_told(key_id, secret, place, letter):
    key = written(key_id, secret)
    wrong = key[:place] + letter + key[place + 1 :]
    if wrong != key:
        with pytest.raises(ApiKeyMistyped):
            read(wrong)


@given(ids, secrets, st.integers(4, 73))
def test_two_characters_that_changed_places_are_told(key_id, secret, place):
    key = written(key_id, secret)
    wrong = key[:place] + key[place + 1] + key[place] + key[place + 2 :]
    if wrong != key:
        with pytest.raises(ApiKeyMistyped):
            read(wrong)


@given(st.text(max_size=100))
def test_whatever_else_is_no_key(text):
    with pytest.raises(ApiKeyMistyped):
        read(text)


def test_a_number_too_large_for_an_id_or_a_secret_is_no_key_though_its_checksum_is_right():
    from services.auth.domain import api_keys

    for unchecked in (f"qpo_{'z' * 22}{'0' * 43}", f"qpo_{'0' * 22}{'z' * 43}"):
        with pytest.raises(ApiKeyMistyped):
            read(unchecked + api_keys._checksum(unchecked))


def key(scopes, **changes):
    given = {"fingerprint": fingerprint(b"s" * 32), "created_at": NOW, "expires_at": NOW + timedelta(days=1)}
    return ApiKey(str(uuid.UUID(int=1)), "ann", "ann", "nightly", frozenset(scopes), **(given | changes))


def test_a_key_counts_with_its_secret_until_it_ends():
    assert key([]).is_of(b"s" * 32, NOW)
    assert not key([]).is_of(b"t" * 32, NOW)
    assert not key([]).is_of(b"s" * 32, NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("role", "asked", "may"),
    [
        (Role.USER, {"read:portfolio"}, {"read:portfolio"}),
        (Role.USER, {"read:portfolio", "ingest:ticks"}, {"read:portfolio"}),
        (Role.USER, {"read:all"}, {"read:portfolio", "read:marketdata"}),
        (Role.USER, {"ingest:ticks"}, set()),
        (Role.ADVISOR, {"read:reports"}, {"read:reports"}),
        (Role.ADMIN, {"write:client_portfolio"}, {"write:client_portfolio"}),
    ],
)
def test_a_key_may_what_it_was_made_for_and_its_owner_still_may(role, asked, may):
    assert key(asked).scopes_for(newcomer("ann", "ann@example.com", role, NOW)) == may


def test_when_it_was_used_is_kept_to_the_hour():
    assert to_the_hour(NOW) == datetime(2026, 3, 1, 12, tzinfo=UTC)
