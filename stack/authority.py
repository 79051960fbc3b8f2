"""The certificate authority of one machine: short-lived certificates that say which process is which.

Its key never leaves the state folder. Its own certificate says that it may vouch for no host but `localhost` and the
mesh's own (RFC 5280, name constraints), so that whoever trusts it has trusted nothing else. For a public edge there
are public authorities, for a cluster its mesh has one.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from stack.identities import DOMAIN, EDGE, Identity
from stack.part import CannotStart

Clock = Callable[[], datetime.datetime]
Key = ec.EllipticCurvePrivateKey

_LONG = datetime.timedelta(days=3650)
# A certificate is good a little before it was made: another clock's now may be a little behind.
_BEFORE = datetime.timedelta(minutes=1)
_LOOPBACK = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))
_NOTHING = dict.fromkeys(
    (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    ),
    False,
)


def now() -> datetime.datetime:
    """Returns the time, UTC."""
    return datetime.datetime.now(datetime.UTC)


class Authority:
    """An authority and the folder that its certificates are written to, each readable by its owner alone."""

    def __init__(self, folder: Path, life: datetime.timedelta, clock: Clock = now) -> None:
        """Reads the authority of `folder`, or makes one; `life` is how long a certificate counts.

        Raises CannotStart if what is there cannot be read.
        """
        self._folder, self._life, self._clock = folder, life, clock
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._key, self._certificate = self._kept() or self._made()
        replace_file(folder / "authority.pem", self._certificate.public_bytes(Encoding.PEM))

    def issue(self, names: Iterable[str]) -> datetime.datetime:
        """Writes a new key and certificate for each name, in the old ones' place; returns when to do so again."""
        for name in names:
            self._issue(Identity(name, self._folder))
        return self._clock() + self._life * 2 / 3

    def _issue(self, identity: Identity) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._signed(key, identity)
        replace_file(identity.file, _private(key) + certificate.public_bytes(Encoding.PEM))

    def _signed(self, key: Key, identity: Identity) -> x509.Certificate:
        names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(identity.uri), x509.DNSName(identity.host)]
        if identity.name == EDGE:
            names += [x509.DNSName("localhost"), *map(x509.IPAddress, _LOOPBACK)]
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        return (
            # All of its name is in the list of other names, which is then critical.
            self._begun(x509.Name([]), key, self._clock() + self._life)
            .issuer_name(self._certificate.subject)
            .add_extension(x509.SubjectAlternativeName(names), critical=True)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, SHA256())
        )

    def _kept(self) -> tuple[Key, x509.Certificate] | None:
        """Returns the authority that was made here before, unless it ends within a certificate's life."""
        try:
            stored = self._secret.read_bytes()
        except FileNotFoundError:
            return None
        try:
            key, certificate = load_pem_private_key(stored, None), x509.load_pem_x509_certificate(stored)
        except ValueError as error:
            raise CannotStart(f"{self._secret} is damaged: delete it, and trust the authority made then") from error
        ends = certificate.not_valid_after_utc
        return (key, certificate) if isinstance(key, Key) and ends > self._clock() + self._life * 2 else None

    def _made(self) -> tuple[Key, x509.Certificate]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "QPO authority of this machine")])
        # Of hosts' names alone: BoringSSL, in gRPC and Envoy, refuses a constraint of addresses or URIs outright.
        permitted = [x509.DNSName(DOMAIN), x509.DNSName("localhost")]
        certificate = (
            self._begun(subject, key, self._clock() + _LONG)
            .issuer_name(subject)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage("key_cert_sign"), critical=True)
            .add_extension(x509.NameConstraints(permitted, None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, SHA256())
        )
        replace_file(self._secret, _private(key) + certificate.public_bytes(Encoding.PEM))
        return key, certificate

    def _begun(self, subject: x509.Name, key: Key, end: datetime.datetime) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._clock() - _BEFORE)
            .not_valid_after(end)
        )

    @property
    def _secret(self) -> Path:
        return self._folder / "authority.key"


def _usage(*allowed: str) -> x509.KeyUsage:
    return x509.KeyUsage(**(_NOTHING | dict.fromkeys(allowed, True)))


def _private(key: Key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def replace_file(path: Path, content: bytes) -> None:
    """Writes the whole file with mode 0600, in the old one's place: whoever reads meanwhile reads one or the other."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(draft).replace(path)
    finally:
        Path(draft).unlink(missing_ok=True)
