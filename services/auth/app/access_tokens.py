"""The access token that a login and a refresh both give."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.ports import Clock, Ids, TokenSigner
from services.auth.domain.claims import ACCESS_TOKEN_LIFETIME, claims_for
from services.auth.domain.refresh_tokens import TokenPair
from services.auth.domain.user import User


@dataclass(frozen=True, slots=True)
class AccessTokens:
    """Signs access tokens in the name of one issuer, for one audience."""

    signer: TokenSigner
    ids: Ids
    clock: Clock
    issuer: str
    audience: str

    def pair(self, user: User, refresh_token: str, methods: tuple[str, ...]) -> TokenPair:
        """The refresh token with a new access token for its user, who was let in by these methods."""
        token_id, now = self.ids.new(), self.clock.now()
        claims = claims_for(user, methods, issuer=self.issuer, audience=self.audience, token_id=token_id, now=now)
        return TokenPair(
            access_token=self.signer.sign(claims),
            expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
            refresh_token=refresh_token,
        )
