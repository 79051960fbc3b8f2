"""An authority for workloads, as a mesh has one, and what it says of whom."""

import datetime
from dataclasses import dataclass

import grpc
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from stack.identities import DOMAIN
from tools.mesh.names import NAMESPACE

# gRPC's client knows no SPIFFE: all certificates have this name too, and the one that counts beside it.
HOST = "mesh.test"
DAY = datetime.timedelta(days=1)


def spiffe(account: str, namespace: str = NAMESPACE, domain: str = DOMAIN) -> str:
    """The SPIFFE ID of a ServiceAccount."""
    return f"spiffe://{domain}/ns/{namespace}/sa/{account}"


@dataclass(frozen=True)
class Proof:
    """A private key and a certificate, PEM."""

    key: bytes
    certificate: bytes


class Authority:
    """Vouches for whatever it is told to."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "The mesh's authority")])
        own = self._begun(self._name, self._key, -DAY, DAY)
        own = own.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.certificate = own.sign(self._key, SHA256()).public_bytes(Encoding.PEM)

    def proof(self, uri: str, starts: datetime.timedelta = -DAY, ends: datetime.timedelta = DAY) -> Proof:
        """Gives a certificate that counts between these times, seen from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri), x509.DNSName(HOST)])
        usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        begun = self._begun(x509.Name([]), key, starts, ends)
        signed = begun.add_extension(names, critical=True).add_extension(usages, critical=False)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return Proof(private, signed.sign(self._key, SHA256()).public_bytes(Encoding.PEM))

    def _begun(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, starts: datetime.timedelta, ends: datetime.timedelta
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + starts)
            .not_valid_after(now + ends)
        )

    def credentials(self, proof: Proof) -> grpc.ChannelCredentials:
        """A client that shows this proof, and believes in this authority."""
        return grpc.ssl_channel_credentials(self.certificate, proof.key, proof.certificate)
