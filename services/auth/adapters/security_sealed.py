"""Security events as they lie in the store, and the codes of detectors: both under a key of auth's own."""

from __future__ import annotations

import hmac
from pathlib import Path

from services.auth.adapters.own_key import OwnKey, key_in

FILE = "security.key"


class SecurityKey(OwnKey):
    """Seals what events say, and tells our detectors from others'."""

    def __init__(self, key: bytes) -> None:
        """The key has 32 bytes."""
        super().__init__("security", "auth.security_events", key)
        self._codes = hmac.digest(key, b"qpo detectors", "sha256")

    def code(self, content: bytes) -> bytes:
        """The code of a detector's content, 32 bytes."""
        return hmac.digest(self._codes, content, "sha256")


def security_key_from(folder: Path) -> SecurityKey:
    """The key in this folder; makes it. Raises KeyFileExposed."""
    return SecurityKey(key_in(folder, FILE))
