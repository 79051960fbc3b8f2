"""Opaque tokens: from the operating system's random source, or derived from another under a key of auth's own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from pathlib import Path

from chassis import key_files

KEY = "refresh.key"
_BYTES = 32


class SystemTokens:
    """Makes tokens that nobody can guess."""

    def __init__(self, key: bytes) -> None:
        """The key has 32 bytes; raises ValueError for another."""
        if len(key) != _BYTES:
            raise ValueError(f"the key of refresh tokens has {_BYTES} bytes")
        self._key = key

    def new(self) -> str:
        """256 random bits as base64url, 43 characters."""
        return secrets.token_urlsafe(_BYTES)

    def successor(self, token: str, request_id: str) -> str:
        """HMAC-SHA256 of the request's id and the token, in the same form: kept nowhere, and found again."""
        derived = hmac.digest(self._key, f"{request_id}\0{token}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(derived).rstrip(b"=").decode()


class SystemSecrets:
    """The port Secrets, from the operating system's random source."""

    def new(self) -> bytes:
        """256 random bits."""
        return secrets.token_bytes(_BYTES)


def tokens_from(folder: Path) -> SystemTokens:
    """The tokens whose key lies in this folder; makes the key. Raises KeyFileExposed."""
    return SystemTokens(key_files.read_or_make(folder / KEY, lambda: secrets.token_bytes(_BYTES)))
