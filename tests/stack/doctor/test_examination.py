"""No check takes the others down, whatever becomes of it, and none tells a secret."""

import subprocess
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest

from stack.doctor import _found
from stack.doctor.finding import Verdict, fine
from stack.part import CannotStart, NotReady

SECRET = "hunter2"


def failing(error):
    def check():
        yield fine("first", "found before")
        raise error

    return check


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (psycopg.OperationalError("server closed the connection"), "OperationalError"),
        (psycopg.ProgrammingError(f'missing "=" after "postgres:/u:{SECRET}@h"'), "ProgrammingError"),
        (psutil.AccessDenied(1), "AccessDenied"),
        (subprocess.TimeoutExpired(["pg_isready", SECRET], 3), "TimeoutExpired"),
        (KeyError("version"), "KeyError"),
        (TypeError("not a list"), "TypeError"),
        (ValueError(f"Port could not be cast to integer value as '{SECRET}@h'"), "ValueError"),
        (NotReady("it says no"), "it says no"),
        (CannotStart("there is no such program"), "there is no such program"),
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
        (NotReady(), "NotReady"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_a_check_that_fails_is_unknown_and_what_was_found_stands(error, told):
    found = _found({"broken": failing(error), "next": lambda: [fine("next", "well")]})
    assert [(each.check, each.verdict) for each in found] == [
        ("first", Verdict.FINE),
        ("broken", Verdict.UNKNOWN),
        ("next", Verdict.FINE),
    ]
    assert told in found[1].detail
    assert SECRET not in found[1].detail


def test_a_url_that_cannot_be_read_is_not_repeated():
    found = _found({"postgres": lambda: [fine("postgres", str(urlsplit(f"postgresql://u:{SECRET}[x@h:1").port))]})
    assert [each.verdict for each in found] == [Verdict.UNKNOWN]
    assert SECRET not in found[0].detail
