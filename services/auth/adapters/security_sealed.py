"""Security events as they lie in the store, and the codes of detectors: both under a key of auth's own."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from pathlib import Path

from chassis import key_files
from chassis.vault import DataKey, Place
from chassis.vault.kms import KEY_SIZE

FILE = "security.key"


class SecurityKey:
    """Seals what events say, and tells our detectors from others'."""

    def __init__(self, key: bytes) -> None:
        """The key has 32 bytes."""
        self._key = DataKey(hashlib.sha256(b"qpo security key" + key).hexdigest()[:16], key)
        self._codes = hmac.digest(key, b"qpo detectors", "sha256")

    def seal(self, event_id: str, parts: Sequence[str]) -> tuple[str, bytes]:
        """The key's name and the parts, sealed for this event."""
        key_id, sealed = self._key.seal(_place(event_id), json.dumps(list(parts)).encode())
        return key_id, sealed

    def open(self, event_id: str, key_id: str, sealed: bytes) -> list[str]:
        """The parts. Raises LookupError if the key is not at hand, Unopenable if they were changed or moved."""
        if key_id != self._key.id:
            raise LookupError(f"the security key {key_id} is not in the key folder")
        return [str(part) for part in json.loads(self._key.open(_place(event_id), sealed))]

    def code(self, content: bytes) -> bytes:
        """The code of a detector's content, 32 bytes."""
        return hmac.digest(self._codes, content, "sha256")


def security_key_from(folder: Path) -> SecurityKey:
    """The key in this folder; makes it. Raises KeyFileExposed."""
    return SecurityKey(key_files.read_or_make(folder / FILE, lambda: secrets.token_bytes(KEY_SIZE)))


def _place(event_id: str) -> Place:
    return Place("auth.security_events", "sealed", event_id)
