"""Email addresses as they lie in the store: encrypted, and found by a keyed hash.

AES-256-GCM with a random 96-bit nonce, written nonce ‖ ciphertext ‖ tag. The additional data name table, column and
row, so that a ciphertext moved elsewhere does not open. Equality is asked of HMAC-SHA256 under another key, which is
the same for the same address and tells nothing without the key. Random nonces are safe for 2³² addresses per key
(NIST SP 800-38D §8.3).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.auth.adapters import key_files

ACTIVE = "email.key"
RETIRED = "email.retired*.key"
INDEX = "email_index.key"
_KEY_SIZE = 32
_NONCE_SIZE = 12
_PLACE = b"auth.users.email:"


@dataclass(frozen=True, slots=True)
class SealedEmail:
    """An encrypted address and the name of the key that opens it."""

    key_id: str
    sealed: bytes


class EmailVault:
    """Seals with one key, opens also with retired ones."""

    def __init__(self, active: bytes, retired: Sequence[bytes], index: bytes) -> None:
        """Every key has 32 bytes; raises ValueError for another."""
        if any(len(key) != _KEY_SIZE for key in (active, *retired, index)):
            raise ValueError(f"an email key has {_KEY_SIZE} bytes")
        self._active = _name(active)
        self._ciphers = {_name(key): AESGCM(key) for key in (*retired, active)}
        self._index = index

    def seal(self, user_id: str, email: str) -> SealedEmail:
        """The address, for this user's row alone."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        body = self._ciphers[self._active].encrypt(nonce, email.encode(), _PLACE + user_id.encode())
        return SealedEmail(self._active, nonce + body)

    def open(self, user_id: str, email: SealedEmail) -> str:
        """The address in clear.

        Raises LookupError if its key is not at hand, cryptography's InvalidTag if it was changed or moved.
        """
        cipher = self._ciphers.get(email.key_id)
        if cipher is None:
            raise LookupError(f"the email key {email.key_id} is not in the key folder")
        nonce, body = email.sealed[:_NONCE_SIZE], email.sealed[_NONCE_SIZE:]
        return cipher.decrypt(nonce, body, _PLACE + user_id.encode()).decode()

    def index(self, email: str) -> bytes:
        """The blind index of an address, 32 bytes."""
        return hmac.new(self._index, email.encode(), hashlib.sha256).digest()


def vault_from(folder: Path) -> EmailVault:
    """The vault whose keys lie in this folder; makes the first ones. Raises KeyFileExposed."""
    active = key_files.read_or_make(folder / ACTIVE, _new_key)
    index = key_files.read_or_make(folder / INDEX, _new_key)
    return EmailVault(active, [key_files.read(path) for path in sorted(folder.glob(RETIRED))], index)


def _new_key() -> bytes:
    return secrets.token_bytes(_KEY_SIZE)


def _name(key: bytes) -> str:
    """A name that follows from the key, and from which the key does not follow."""
    return hashlib.sha256(b"qpo email key" + key).hexdigest()[:16]
