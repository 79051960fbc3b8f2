"""What was sealed by an older release is opened by every later one: keys keep their names, rows their places."""

from datetime import UTC, datetime

import pytest

from chassis.vault import Unopenable
from services.auth.adapters.audit_sealed import AuditVault
from services.auth.adapters.security_sealed import SecurityKey
from services.auth.domain.audit import Action, Entry, Stored

KEY = bytes(range(32))
EVENT = (
    "c5841f675121b491",
    bytes.fromhex(
        "5fe8a5f3d1f276a248a91fb689a3e2d85d790e8332dff9e129e434f29e3fcea6325f9b61d85e71a0e9a9eabe24db194fb08651cc302fae"
    ),
)
ENTRY = (
    "5e9e8d066ebf20af",
    bytes.fromhex(
        "af376ab4c38529ae4e5f4ad196f278fdc3b8126e0664fd5eb3fd206e564bdd78f6428dea7987eb4ae19097be144fff257309903951212f03cd9d81140c0de9eee5ef4ed128ae9c2087de625d"
    ),
)
SINCE = datetime(2026, 11, 1, tzinfo=UTC)


def test_a_security_event_that_an_older_release_sealed_is_opened():
    assert SecurityKey(KEY).open("row-1", *EVENT) == ["203.0.113.9", "a device"]


def test_an_audit_entry_that_an_older_release_sealed_is_opened():
    stored = Stored("row-1", SINCE, "u-1", Action.USER_LOGIN, "OK", *ENTRY)
    said = ("user:u-1", "203.0.113.9", "a device", "OK", "Login")
    assert AuditVault(KEY).open(stored) == Entry("row-1", SINCE, "u-1", Action.USER_LOGIN, *said)


def test_what_was_moved_to_another_row_is_not_opened():
    with pytest.raises(Unopenable):
        SecurityKey(KEY).open("row-2", *EVENT)


def test_what_another_key_sealed_is_told_by_its_name():
    with pytest.raises(LookupError, match="c5841f675121b491 of security"):
        SecurityKey(bytes(32)).open("row-1", *EVENT)
