"""Access tokens as JWTs signed with Ed25519 (RFC 8037), typed `at+jwt` (RFC 9068)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from services.auth.app.ports import PublicKey
from services.auth.domain.claims import Claims

_ALGORITHM = "EdDSA"
_TYPE = "at+jwt"


class JwtSigner:
    """Signs with one key and shows the public half of it and of its neighbours in a rotation."""

    def __init__(self, signing: Ed25519PrivateKey, published: Sequence[Ed25519PublicKey]) -> None:
        """`published` holds every key that verifies tokens, newest first, the signing one among them."""
        self._signing = signing
        self._kid = thumbprint(signing.public_key())
        self._published = {thumbprint(key): key for key in published}

    def sign(self, claims: Claims) -> str:
        """A JWT that carries these claims."""
        header = {"typ": _TYPE, "kid": self._kid}
        body = {name: value for name, value in asdict(claims).items() if name != "key" or value}
        return jwt.encode(body, self._signing, algorithm=_ALGORITHM, headers=header)

    def public_keys(self) -> Sequence[PublicKey]:
        """The keys that verify tokens, newest first."""
        return [PublicKey(kid, _x(key)) for kid, key in self._published.items()]

    def verification_keys(self) -> Mapping[str, Ed25519PublicKey]:
        """The same keys by `kid`, to verify with in this process."""
        return dict(self._published)


def thumbprint(key: Ed25519PublicKey) -> str:
    """The key's name: its RFC 7638 thumbprint, the SHA-256 of its required members in lexical order."""
    members = {"crv": "Ed25519", "kty": "OKP", "x": _x(key)}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return _base64url(hashlib.sha256(canonical.encode()).digest())


def _x(key: Ed25519PublicKey) -> str:
    return _base64url(key.public_bytes_raw())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
