"""Who calls, by the access token alone.

RFC 8725 and RFC 9068: one algorithm, keys by `kid` from auth only, `typ` at+jwt, issuer, audience and expiry
required, a lifetime of at most 16 minutes. A verified token is remembered until it expires, since a signature
costs more to check than most calls to answer.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import jwt

from chassis.errors import Unauthenticated
from chassis.keys import KeySource
from chassis.principal import Principal

_ALGORITHM = "EdDSA"
_TYPES = frozenset({"at+jwt", "application/at+jwt"})
_REQUIRED = ["iss", "aud", "sub", "tid", "jti", "iat", "exp"]
_LONGEST_LIFE = 16 * 60  # seconds
_SKEW = 5  # seconds that a signer's clock may run ahead of ours
_SCHEME = "bearer "


class Authenticator:
    """Turns the request's authorization into a Principal."""

    def __init__(self, keys: KeySource, issuer: str, audience: str, remembered: int = 10_000) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._remembered = remembered
        self._known: OrderedDict[str, Principal] = OrderedDict()

    async def principal(self, token: str) -> Principal:
        """Returns whom `token` names; raises Unauthenticated if it does not count (any more)."""
        known = self._known.get(token)
        if known is None:
            known = await self._verified(token)
            self._remember(token, known)
        elif known.expires_at <= time.time():
            del self._known[token]
            raise Unauthenticated("the access token has expired; refresh it")
        else:
            self._known.move_to_end(token)
        return known

    def _remember(self, token: str, principal: Principal) -> None:
        self._known[token] = principal
        if len(self._known) > self._remembered:
            self._known.popitem(last=False)

    async def _verified(self, token: str) -> Principal:
        key = await self._keys.key(_key_id(token))
        if key is None:
            raise _invalid()
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                options={"require": _REQUIRED, "strict_aud": True, "verify_iat": False},
            )
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("the access token has expired; refresh it") from error
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise _invalid() from error
        return _principal(claims)


def bearer(values: Sequence[str]) -> str | None:
    """Returns the token of the request's authorization values, None if there are none.

    Raises Unauthenticated for a second value, which a proxy before us may have judged instead of the first.
    """
    if not values:
        return None
    if len(values) > 1:
        raise Unauthenticated("more than one authorization value; send one")
    value = values[0]
    if value[: len(_SCHEME)].lower() != _SCHEME:
        raise Unauthenticated("the authorization is not of the form: Bearer <access token>")
    return value[len(_SCHEME) :].strip()


def missing() -> Unauthenticated:
    """Returns the error of a call that brought no token."""
    return Unauthenticated("no access token; send the header authorization: Bearer <access token>")


def _invalid() -> Unauthenticated:
    return Unauthenticated("the access token is not valid here; log in again")


def _key_id(token: str) -> str:
    """Reads the unverified header, of which only `kid` is used, as an opaque name."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError) as error:
        raise _invalid() from error
    kid = header.get("kid")
    accepted = header.get("alg") == _ALGORITHM and str(header.get("typ", "")).lower() in _TYPES
    if not accepted or not isinstance(kid, str):
        raise _invalid()
    return kid


def _principal(claims: dict[str, Any]) -> Principal:
    """Reads verified claims; a lifetime that auth would never give was not given by our auth."""
    issued, expires = claims["iat"], claims["exp"]
    if not all(isinstance(moment, int | float) for moment in (issued, expires)):
        raise _invalid()
    if expires - issued > _LONGEST_LIFE or issued > time.time() + _SKEW:
        raise _invalid()
    return Principal(
        user_id=_text(claims["sub"]),
        tenant_id=_text(claims["tid"]),
        roles=_words(claims.get("roles", [])),
        scopes=_words(claims.get("scopes", [])),
        tier=_text(claims.get("tier", "")),
        token_id=_text(claims["jti"]),
        expires_at=float(expires),
        version=_number(claims.get("ver", 0)),
        key_id=_text(claims.get("key", "")),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _invalid()
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int):
        raise _invalid()
    return value


def _words(value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise _invalid()
    return frozenset(value)
