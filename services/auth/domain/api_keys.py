"""Keys by which machines work for a user.

    key      = qpo_ | id, 22 characters | secret, 43 | checksum, 6
    checksum = CRC-32 of all before it

in digits and letters (base 62), so that a key is one word to a mouse and to a scanner, and a character that was
mistyped is told without asking anybody. Only the SHA-256 of the secret is ever kept: at 256 random bits there is
nothing to guess, and a slow hash would buy nothing but work for whoever floods the service with made-up keys.
"""

from __future__ import annotations

import hashlib
import hmac
import string
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.auth.domain.errors import ApiKeyMistyped
from services.auth.domain.roles import closure, scopes_of
from services.auth.domain.user import User

MOST_KEYS: Final = 50  # of one account
SECRET_SIZE: Final = 32  # bytes
PREFIX: Final = "qpo_"
_DIGITS: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_VALUES: Final = {digit: value for value, digit in enumerate(_DIGITS)}
_ID_LENGTH, _SECRET_LENGTH, _CHECK_LENGTH = 22, 43, 6
_LENGTH: Final = len(PREFIX) + _ID_LENGTH + _SECRET_LENGTH + _CHECK_LENGTH


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as stored; `scopes` are those that it was made with."""

    id: str
    user_id: str
    tenant_id: str
    name: str
    scopes: frozenset[str]
    fingerprint: bytes
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None

    def is_of(self, secret: bytes, now: datetime) -> bool:
        """Whether this is its secret, in a time that tells nothing about it, and it has not expired."""
        return hmac.compare_digest(fingerprint(secret), self.fingerprint) and now < self.expires_at

    def scopes_for(self, owner: User) -> frozenset[str]:
        """What its tokens may do: what it was made for, as far as its owner still may."""
        return closure(self.scopes) & scopes_of(owner.roles)


def fingerprint(secret: bytes) -> bytes:
    """What is stored of a secret: its SHA-256, 32 bytes."""
    return hashlib.sha256(secret).digest()


def to_the_hour(moment: datetime) -> datetime:
    """When a key was used, as it is kept: who reads it learns whether a key is in use, and no more."""
    return moment - timedelta(minutes=moment.minute, seconds=moment.second, microseconds=moment.microsecond)


def written(key_id: str, secret: bytes) -> str:
    """A key as its owner gets it."""
    unchecked = PREFIX + _base62(UUID(key_id).int, _ID_LENGTH) + _base62(int.from_bytes(secret), _SECRET_LENGTH)
    return unchecked + _checksum(unchecked)


def read(key: str) -> tuple[str, bytes]:
    """The id and the secret of a key; raises ApiKeyMistyped if it is none, or a character is wrong."""
    key = key.strip()
    unchecked, check = key[:-_CHECK_LENGTH], key[-_CHECK_LENGTH:]
    if len(key) != _LENGTH or not key.startswith(PREFIX) or _checksum(unchecked) != check:
        raise ApiKeyMistyped
    at = len(PREFIX) + _ID_LENGTH
    try:
        number, secret = _number(unchecked[len(PREFIX) : at]), _number(unchecked[at:])
        return str(UUID(int=number)), secret.to_bytes(SECRET_SIZE)
    except (KeyError, ValueError, OverflowError):
        raise ApiKeyMistyped from None


def _checksum(unchecked: str) -> str:
    return _base62(zlib.crc32(unchecked.encode()), _CHECK_LENGTH)


def _base62(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits


def _number(digits: str) -> int:
    number = 0
    for digit in digits:
        number = number * len(_DIGITS) + _VALUES[digit]
    return number
