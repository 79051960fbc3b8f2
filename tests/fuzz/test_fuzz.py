"""Anything at all for every method, in short: nothing comes apart, and nothing tells of the code behind it."""

import pytest

from tests.fuzz.__main__ import fuzz
from tests.fuzz.callers import LEAK


@pytest.mark.mesh
@pytest.mark.timeout(300)
def test_whatever_is_sent_is_answered_as_the_contract_says():
    found = fuzz(count=2000, seed=7, tell=lambda _: None)
    assert found.violations == []
    assert found.calls > 11_000
    assert {"OK", "INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION", "400"} <= set(found.codes)


@pytest.mark.parametrize(
    "told",
    [
        b"Traceback (most recent call last)",
        b"SELECT id FROM users",
        b"<class 'ValueError'>",
        b"asyncpg.exceptions",
        b"services/auth/app/login.py",
    ],
)
def test_what_tells_of_the_code_would_be_noticed(told):
    assert LEAK.search(b"an error: " + told)
