"""The edge with a certificate of a public authority: shown to whoever asks for its name, beside the machine's own."""

import socket
import ssl
import time

import pytest
from cryptography import x509

from stack.identities import EDGE, PUBLIC, Identity
from stack.public_certificate import PublicCertificate
from tests.fixtures.certificates import Certificates
from tests.fixtures.public_authority import PublicAuthority
from tests.gateway.conftest import edge_before, standins
from tests.gateway.standin import CONTRACTS
from tests.gateway.test_tls import listening

HOST = "portfolio.example"


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    made = Certificates(tmp_path_factory.mktemp("own"))
    made.issue()
    return made


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return PublicAuthority(tmp_path_factory.mktemp("public"))


@pytest.fixture(scope="module")
def given(authority, own):
    return PublicCertificate(authority.chain, authority.key, own.folder)


@pytest.fixture(scope="module")
def edge(tokens, own, authority, given):
    authority.give(HOST)
    given.take()
    shown = {name: listening(own, name) for name in CONTRACTS}
    identity, public = Identity(EDGE, own.folder), Identity(PUBLIC, own.folder)
    with standins(tokens, shown) as services, edge_before(services, tokens, identity=identity, public=public) as edge:
        yield edge


def shown_to(edge, host, trusted):
    """The number of the certificate that whoever trusts this authority is shown for this host."""
    address, _, port = edge.address.partition(":")
    context = ssl.create_default_context(cafile=trusted)
    with (
        socket.create_connection((address, int(port)), timeout=10) as bare,
        context.wrap_socket(bare, server_hostname=host) as secured,
    ):
        certificate = x509.load_der_x509_certificate(secured.getpeercert(binary_form=True))
        secured.sendall(f"GET /health HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode())
        assert secured.recv(12) == b"HTTP/1.1 200"
    return certificate.serial_number


def test_whoever_asks_for_the_public_name_is_shown_the_public_certificate(edge, authority):
    stored = x509.load_pem_x509_certificate(authority.chain.read_bytes())
    assert shown_to(edge, HOST, authority.trusted) == stored.serial_number


def test_whoever_asks_for_this_machine_is_shown_its_own(edge, own, authority):
    assert shown_to(edge, "localhost", own.authority)
    with pytest.raises(ssl.SSLCertVerificationError):
        shown_to(edge, "localhost", authority.trusted)


def test_a_renewed_certificate_is_shown_without_a_restart(edge, authority, given):
    renewed = authority.give(HOST)
    given.take()
    deadline = time.monotonic() + 20
    while shown_to(edge, HOST, authority.trusted) != renewed:
        assert time.monotonic() < deadline
        time.sleep(0.05)
