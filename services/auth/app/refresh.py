"""Refresh: spend a refresh token for the next pair."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.access_tokens import AccessTokens
from services.auth.app.ports import Clock, OpaqueTokens, RefreshTokens, Users
from services.auth.domain.errors import RefreshTokenInvalid, UserNotFound
from services.auth.domain.refresh_tokens import TokenPair, fingerprint
from services.auth.domain.user import User


@dataclass(frozen=True, slots=True)
class Refresh:
    """Rotates refresh tokens; the user's present roles go into the new access token."""

    users: Users
    refresh_tokens: RefreshTokens
    opaque_tokens: OpaqueTokens
    access_tokens: AccessTokens
    clock: Clock

    async def __call__(self, refresh_token: str, request_id: str = "") -> TokenPair:
        """The next pair of the family, the same token again for the same request; raises RefreshTokenInvalid."""
        opaque = self.opaque_tokens
        token = opaque.successor(refresh_token, request_id) if request_id else opaque.new()
        successor = await self.refresh_tokens.rotate(fingerprint(refresh_token), token, self.clock.now())
        return self.access_tokens.pair(await self._owner(successor.user_id), token, successor.methods)

    async def _owner(self, user_id: str) -> User:
        try:
            return await self.users.get(user_id)
        except UserNotFound as error:
            raise RefreshTokenInvalid from error
