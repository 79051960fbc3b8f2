"""A certificate that a public authority gave, by ACME say: taken from where its client writes it, when it is new."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from stack.authority import replace_file
from stack.identities import PUBLIC, Identity


class Unusable(Exception):
    """The files cannot be shown to anybody; the text says why."""


class PublicCertificate:
    """Two files of somebody else's, a chain and its key, made one of ours: both are replaced at once or neither is."""

    def __init__(self, chain: Path, key: Path, folder: Path) -> None:
        self._chain, self._key = chain, key
        self._identity = Identity(PUBLIC, folder)

    def take(self) -> None:
        """Takes them if they changed. Raises Unusable if they cannot be read, or do not belong together (yet)."""
        try:
            chain, key = self._chain.read_bytes(), self._key.read_bytes()
            first, private = x509.load_pem_x509_certificates(chain)[0], load_pem_private_key(key, None)
        except OSError as error:
            raise Unusable(f"{error.filename} cannot be read: {error.strerror}") from error
        except (ValueError, TypeError) as error:
            raise Unusable(f"{self._chain} and {self._key} hold no certificate and key that can be read") from error
        if _written(first.public_key()) != _written(private.public_key()):
            raise Unusable(f"the key in {self._key} is not that of the certificate in {self._chain}")
        both = key.rstrip() + b"\n" + chain
        if not self._identity.file.exists() or self._identity.file.read_bytes() != both:
            replace_file(self._identity.file, both)


def _written(key: object) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined, no-any-return]
