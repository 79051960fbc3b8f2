from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.auth.domain.refresh_tokens import (
    LOST_ANSWER,
    Verdict,
    fingerprint,
    first_of_family,
    judge,
    successor_of,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TOKEN = first_of_family("a-token", "a-family", "a-user", NOW)


@given(st.text(), st.text())
def test_two_tokens_never_share_a_fingerprint_and_one_always_has_the_same(first, second):
    assert (fingerprint(first) == fingerprint(second)) == (first == second)
    assert len(fingerprint(first)) == 32


def test_nothing_stored_of_a_token_gives_it_back():
    assert "a-token" not in repr(TOKEN)
    assert b"a-token" not in TOKEN.fingerprint


def test_a_fresh_token_is_spent_until_the_moment_it_expires():
    assert judge(TOKEN, NOW) is Verdict.SPEND
    assert judge(TOKEN, NOW + timedelta(days=7, microseconds=-1)) is Verdict.SPEND
    assert judge(TOKEN, NOW + timedelta(days=7)) is Verdict.REFUSE


def test_a_spent_token_ends_its_family_even_when_it_has_expired():
    spent = replace(TOKEN, spent_at=NOW)
    assert judge(spent, NOW) is Verdict.REVOKE_FAMILY
    assert judge(spent, NOW + timedelta(days=8)) is Verdict.REVOKE_FAMILY


def test_a_successor_is_given_again_for_ten_seconds_and_until_it_is_spent():
    spent, given = replace(TOKEN, spent_at=NOW), successor_of(TOKEN, "another", NOW)
    assert judge(spent, NOW + LOST_ANSWER, given) is Verdict.GIVE_AGAIN
    assert judge(spent, NOW + LOST_ANSWER + timedelta(microseconds=1), given) is Verdict.REVOKE_FAMILY
    assert judge(spent, NOW, replace(given, spent_at=NOW)) is Verdict.REVOKE_FAMILY
    assert judge(spent, NOW, replace(given, family_id="another family")) is Verdict.REVOKE_FAMILY


@given(st.booleans(), st.booleans(), st.timedeltas(timedelta(0), timedelta(days=30)))
def test_nothing_of_a_revoked_family_is_ever_spent_or_given_again(spent, again, age):
    revoked = replace(TOKEN, spent_at=NOW if spent else None, family_revoked=True)
    assert judge(revoked, NOW + age, successor_of(TOKEN, "another", NOW) if again else None) is Verdict.REFUSE


def test_a_successor_is_of_the_same_family_and_lives_seven_days_from_its_own_birth():
    later = NOW + timedelta(days=3)
    successor = successor_of(TOKEN, "another", later)
    assert (successor.family_id, successor.user_id) == (TOKEN.family_id, TOKEN.user_id)
    assert successor.expires_at == later + timedelta(days=7)
    assert judge(successor, later) is Verdict.SPEND
