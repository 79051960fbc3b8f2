"""Second factors and recovery codes, as rules."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from services.auth.domain.second_factors import (
    TIME_TO_CONFIRM,
    SecondFactor,
    fingerprint,
    is_of_app,
    new_recovery_codes,
    plain,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_ten_recovery_codes_are_given_that_nobody_can_guess_or_mistake():
    codes = new_recovery_codes(secrets.token_bytes)
    assert len(set(codes)) == 10
    for code in codes:
        assert [len(group) for group in code.split("-")] == [4] * 6
        assert not is_of_app(plain(code))


@pytest.mark.parametrize("typed", ["abcd-efgh", "ABCD EFGH", " abcd efgh\n", "ABCDEFGH"])
def test_a_recovery_code_is_the_same_however_it_is_typed(typed):
    assert fingerprint("ann", typed) == fingerprint("ann", "ABCD-EFGH")


def test_a_recovery_code_is_of_one_account():
    assert fingerprint("ann", "ABCD-EFGH") != fingerprint("bob", "ABCD-EFGH")


@pytest.mark.parametrize(
    ("typed", "is_so"),
    [("123 456", True), ("123456", True), ("12345", False), ("1234567", False), ("１２３４５６", False)],
)
def test_six_digits_are_a_code_of_an_app(typed, is_so):
    assert is_of_app(plain(typed)) == is_so


def test_a_secret_waits_a_quarter_of_an_hour_for_its_first_code_and_shows_in_no_repr():
    factor = SecondFactor("ann", "ann", "SECRET", NOW)
    assert factor.may_be_confirmed(NOW + TIME_TO_CONFIRM)
    assert not factor.may_be_confirmed(NOW + TIME_TO_CONFIRM + timedelta(seconds=1))
    assert not SecondFactor("ann", "ann", "SECRET", NOW, NOW).may_be_confirmed(NOW)
    assert "SECRET" not in repr(factor)
