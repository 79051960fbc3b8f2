"""The bootstrap secret, as a file in the key folder: whoever can read it runs the installation anyway."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from pathlib import Path

from chassis import key_files

FILE = "bootstrap_secret"
_BYTES = 32


class BootstrapSecretFile:
    """Keeps the secret in `bootstrap_secret`, mode 0600, until the first administrator exists."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    async def offer(self) -> None:
        """Write a new secret, unless there is one."""
        await asyncio.to_thread(key_files.read_or_make, self.path, _new_secret)

    async def matches(self, guess: str) -> bool:
        """Whether this is the secret, compared in constant time. False if there is none."""
        try:
            secret = await asyncio.to_thread(key_files.read, self.path)
        except FileNotFoundError:
            return False
        # Digests have one length, so that the comparison does not tell the secret's either.
        return hmac.compare_digest(_digest(secret.strip()), _digest(guess.strip().encode()))

    async def remove(self) -> None:
        """Remove the file; nothing happens if there is none."""
        await asyncio.to_thread(self.path.unlink, missing_ok=True)


def _new_secret() -> bytes:
    return secrets.token_urlsafe(_BYTES).encode() + b"\n"


def _digest(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()
