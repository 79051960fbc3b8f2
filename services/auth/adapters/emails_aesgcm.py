"""Addresses sealed before there were keys per tenant: one key in a file opens them all, and seals none any more.

AES-256-GCM, written nonce ‖ ciphertext ‖ tag; the additional data name table, column and row. The sweep seals them
anew; when it has, the files can go.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chassis import key_files

FILES = ("email.retired*.key", "email.key")
_NONCE_SIZE = 12
_PLACE = b"auth.users.email:"


class OldEmails:
    """Opens with keys of 32 bytes, each known by a name that follows from it."""

    def __init__(self, keys: Iterable[bytes]) -> None:
        self._ciphers = {name_of(key): AESGCM(key) for key in keys}

    def open(self, user_id: str, key_id: str, sealed: bytes) -> str:
        """The address in clear.

        Raises LookupError if its key is not at hand, cryptography's InvalidTag if it was changed or moved.
        """
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise LookupError(f"the email key {key_id} is not in the key folder")
        return cipher.decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], _PLACE + user_id.encode()).decode()


def old_emails_from(folder: Path) -> OldEmails:
    """Those whose keys lie in this folder, if any. Raises KeyFileExposed."""
    return OldEmails(key_files.read(path) for pattern in FILES for path in sorted(folder.glob(pattern)))


def name_of(key: bytes) -> str:
    """A name that follows from the key, and from which the key does not follow."""
    return hashlib.sha256(b"qpo email key" + key).hexdigest()[:16]
