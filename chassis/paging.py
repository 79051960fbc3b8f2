"""Page tokens: where a listing goes on, sealed so that nobody can make one up."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SEAL = 16  # bytes of HMAC-SHA256 kept; RFC 2104 §5 allows half
_KEY = 32


class PageTokenInvalid(Exception):
    """The token was not given by this listing."""


class PageTokens:
    """Seals and opens page tokens with one key.

    A token holds the last row's keyset. Its seal covers the scope as well (method, tenant, filter), so that a
    token is worthless for another listing.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < _KEY:
            raise ValueError(f"a page token key has at least {_KEY} bytes, this one has {len(key)}")
        self._key = key

    @classmethod
    def from_file(cls, path: Path) -> PageTokens:
        """Reads the key from `path`; makes one there, readable by the owner alone, if there is none."""
        try:
            return cls(path.read_bytes())
        except FileNotFoundError:
            return cls(_made(path))

    def encode(self, scope: str, keyset: Sequence[str]) -> str:
        """Returns the token that goes on after `keyset`; empty for an empty keyset (there is no more)."""
        if not keyset:
            return ""
        body = json.dumps(list(keyset), separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._seal(scope, body) + body).rstrip(b"=").decode()

    def decode(self, scope: str, token: str) -> list[str]:
        """Returns the keyset to go on after; empty for an empty token (the first page).

        Raises PageTokenInvalid if the token was changed, or was given by another listing.
        """
        if not token:
            return []
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise PageTokenInvalid("the page token is not one of ours") from error
        seal, body = raw[:_SEAL], raw[_SEAL:]
        if not hmac.compare_digest(seal, self._seal(scope, body)):
            raise PageTokenInvalid("the page token was given by another listing or was changed")
        return [str(part) for part in json.loads(body)]

    def _seal(self, scope: str, body: bytes) -> bytes:
        return hmac.new(self._key, scope.encode() + b"\x00" + body, hashlib.sha256).digest()[:_SEAL]


@dataclass(frozen=True, slots=True)
class Listing:
    """One listing's page tokens; `scope` names the method and whatever makes one listing another, e.g. its filter."""

    tokens: PageTokens
    scope: str

    def after(self, token: str) -> list[str]:
        """The key behind which the page begins; empty for the first. Raises PageTokenInvalid."""
        return self.tokens.decode(self.scope, token)

    def token(self, after: Sequence[str]) -> str:
        """The token of the page behind a key; empty for an empty one."""
        return self.tokens.encode(self.scope, after)


def _made(path: Path) -> bytes:
    """Writes a new key; the first of several processes wins and the others read what it wrote."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not named by pid: processes in two containers that share the folder may have the same one.
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_KEY))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        Path(draft).unlink()
    return path.read_bytes()
