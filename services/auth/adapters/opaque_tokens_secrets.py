"""Opaque tokens from the operating system's random source."""

from __future__ import annotations

import secrets

_BYTES = 32


class SystemTokens:
    """Makes tokens that nobody can guess."""

    def new(self) -> str:
        """256 random bits as base64url, 43 characters."""
        return secrets.token_urlsafe(_BYTES)
