"""Logout: end a family of refresh tokens."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.ports import Clock, RefreshTokens
from services.auth.domain.refresh_tokens import fingerprint


@dataclass(frozen=True, slots=True)
class Logout:
    """Revokes the family of a refresh token. Succeeds whatever the token is, so that a repeat is harmless."""

    refresh_tokens: RefreshTokens
    clock: Clock

    async def __call__(self, refresh_token: str) -> None:
        """End the family of this token, if it has one."""
        await self.refresh_tokens.end_family(fingerprint(refresh_token), self.clock.now())
