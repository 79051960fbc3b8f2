"""What an access token says about its bearer (RFC 9068's shape, with this house's names)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from services.auth.domain.api_keys import ApiKey
from services.auth.domain.roles import scopes_of
from services.auth.domain.user import User

ACCESS_TOKEN_LIFETIME: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Claims:
    """The body of an access token; `iat` and `exp` are whole seconds since 1970, UTC."""

    iss: str
    aud: str
    sub: str
    tid: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    tier: str
    ver: int
    amr: tuple[str, ...]  # how a login was come by; empty for a key
    jti: str
    iat: int
    exp: int
    key: str = ""  # the key that the token was given for


@dataclass(frozen=True, slots=True)
class KeyToken:
    """What a key is exchanged for; `expires_in` is in seconds."""

    access_token: str
    expires_in: int
    scopes: tuple[str, ...]


def claims_for(
    user: User, methods: tuple[str, ...], *, issuer: str, audience: str, token_id: str, now: datetime
) -> Claims:
    """The claims of a token signed now: the user's roles, with every scope they imply, for fifteen minutes.

    `methods` are those by which the user was let in, as RFC 8176 names them.
    """
    issued = int(now.timestamp())
    return Claims(
        iss=issuer,
        aud=audience,
        sub=user.id,
        tid=user.tenant_id,
        roles=tuple(sorted(user.roles)),
        scopes=tuple(sorted(scopes_of(user.roles))),
        tier=user.subscription_tier,
        ver=user.token_version,
        amr=methods,
        jti=token_id,
        iat=issued,
        exp=issued + int(ACCESS_TOKEN_LIFETIME.total_seconds()),
    )


def narrowed(claims: Claims, key: ApiKey, scopes: Iterable[str]) -> Claims:
    """The claims of a token for a key of that user's: no role, these scopes, and not beyond the key's end."""
    ends = min(claims.exp, int(key.expires_at.timestamp()))
    return replace(claims, roles=(), scopes=tuple(sorted(scopes)), amr=(), exp=ends, key=key.id)
