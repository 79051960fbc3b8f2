"""A field as it lies in a store: AES-256-GCM under its tenant's key, bound to its place.

    body = nonce, 12 random bytes | ciphertext | tag, 16 bytes
    additional data = table, column, row and the key's id, each with its length before it

So a body that was changed, or copied to another row, column or table, or put under another key's name, does not open.
Random nonces are safe for 2³² messages under one key (NIST SP 800-38D §8.3); the vault ends a key long before.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis.vault.kms import KEY_SIZE

NONCE_SIZE, TAG_SIZE = 12, 16  # bytes
OVERHEAD = NONCE_SIZE + TAG_SIZE
_MARK = b"\x07QPS1"  # as a tag, a wire type that there is not


class Unopenable(Exception):
    """A sealed field was changed, or lies where it was not sealed for."""


class Place(NamedTuple):
    """Where a field lies."""

    table: str  # with its schema, e.g. `auth.users`
    column: str
    row: str  # its primary key


class Sealed(NamedTuple):
    """An encrypted field, and the name of the key that opens it."""

    key_id: str
    body: bytes


def packed(sealed: Sealed) -> bytes:
    """A sealed field in one piece, for where there is no column for the key's id, a UUID."""
    return _MARK + UUID(sealed.key_id).bytes + sealed.body


def unpacked(value: bytes) -> Sealed | None:
    """What was packed; None if the value is something else. No protobuf message begins as a packed field does."""
    if not value.startswith(_MARK):
        return None
    head = len(_MARK) + 16
    return Sealed(str(UUID(bytes=value[len(_MARK) : head])), value[head:])


class DataKey:
    """A tenant's key in clear, in this process's memory alone."""

    __slots__ = ("_cipher", "_random", "id")

    def __init__(self, key_id: str, key: bytes, random: Callable[[int], bytes] = secrets.token_bytes) -> None:
        """The key has 32 bytes; raises ValueError for another."""
        if len(key) != KEY_SIZE:
            raise ValueError(f"a key has {KEY_SIZE} bytes")
        self.id = key_id
        self._cipher = AESGCM(key)
        self._random = random

    def seal(self, place: Place, clear: bytes) -> Sealed:
        """The field, for this place alone."""
        nonce = self._random(NONCE_SIZE)
        return Sealed(self.id, nonce + self._cipher.encrypt(nonce, clear, self._bound(place)))

    def open(self, place: Place, body: bytes) -> bytes:
        """The field in clear. Raises Unopenable."""
        try:
            return self._cipher.decrypt(body[:NONCE_SIZE], body[NONCE_SIZE:], self._bound(place))
        except (InvalidTag, ValueError) as error:
            told = f"{place.table}.{place.column} of row {place.row} was changed or moved since key {self.id} sealed it"
            raise Unopenable(told) from error

    def _bound(self, place: Place) -> bytes:
        parts = (part.encode() for part in (*place, self.id))
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
