"""The signing keys, as PEM files in the key folder.

`signing.pem` signs and is made at the first start. A rotation is two restarts: put a new key beside it as
`signing.next.pem`, which is published but does not sign yet; once every verifier has fetched it, rename
`signing.pem` to `signing.previous.pem` and `signing.next.pem` to `signing.pem`; remove the previous one after
fifteen minutes, when no token of it lives.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis import key_files
from services.auth.adapters.tokens_jwt import JwtSigner

SIGNING = "signing.pem"
NEXT = "signing.next.pem"
PREVIOUS = "signing.previous.pem"


class NotASigningKey(Exception):
    """A file in the key folder is not an Ed25519 private key in PEM."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not an Ed25519 private key in PEM: openssl genpkey -algorithm ed25519 makes one")


def signer_from(folder: Path) -> JwtSigner:
    """The signer whose keys lie in this folder; makes the first key. Raises KeyFileExposed or NotASigningKey."""
    key_files.read_or_make(folder / SIGNING, new_key)
    keys = {name: _loaded(folder / name) for name in (NEXT, SIGNING, PREVIOUS) if (folder / name).exists()}
    return JwtSigner(keys[SIGNING], [key.public_key() for key in keys.values()])


def new_key() -> bytes:
    """A fresh Ed25519 private key, PKCS#8 in PEM."""
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _loaded(path: Path) -> Ed25519PrivateKey:
    content = key_files.read(path)
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError) as error:
        raise NotASigningKey(path) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise NotASigningKey(path)
    return key
