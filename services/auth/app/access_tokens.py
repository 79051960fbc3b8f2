"""The access token that a login, a refresh and a key give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from services.auth.app.ports import Clock, Ids, TokenSigner
from services.auth.domain.api_keys import ApiKey
from services.auth.domain.claims import ACCESS_TOKEN_LIFETIME, Claims, KeyToken, claims_for, narrowed
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
        return TokenPair(
            access_token=self.signer.sign(self._claims(user, methods)),
            expires_in=int(ACCESS_TOKEN_LIFETIME.total_seconds()),
            refresh_token=refresh_token,
        )

    def for_key(self, owner: User, key: ApiKey, scopes: Iterable[str]) -> KeyToken:
        """An access token with these scopes for a key of the owner's."""
        claims = narrowed(self._claims(owner, ()), key, scopes)
        return KeyToken(self.signer.sign(claims), claims.exp - claims.iat, claims.scopes)

    def _claims(self, user: User, methods: tuple[str, ...]) -> Claims:
        token_id, now = self.ids.new(), self.clock.now()
        return claims_for(user, methods, issuer=self.issuer, audience=self.audience, token_id=token_id, now=now)
