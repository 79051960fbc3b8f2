"""Looking up what is encrypted: equality is asked of a keyed hash beside it.

The same text has the same index, which tells nothing without the key; that is why the key is not the tenant's, and why
it does not rotate: under another key nothing would be found, and nothing unique, until every row is indexed anew.
"""

from __future__ import annotations

import hashlib
import hmac

from chassis.vault.kms import KEY_SIZE

SIZE = 32  # bytes of an index


class BlindIndex:
    """HMAC-SHA256 under one key."""

    def __init__(self, key: bytes) -> None:
        """The key has 32 bytes; raises ValueError for another."""
        if len(key) != KEY_SIZE:
            raise ValueError(f"the key of an index has {KEY_SIZE} bytes")
        self._key = key

    def of(self, text: str) -> bytes:
        """The index of a text, 32 bytes."""
        return hmac.digest(self._key, text.encode(), hashlib.sha256)
