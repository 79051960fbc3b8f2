"""The edge over TLS, with a certificate that only the profile knows."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.cli.conftest import ROOT


def self_signed(folder):
    """PEM files of a certificate for localhost and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "edge.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    return folder / "edge.pem", folder / "key.pem"


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """Address of a stand-in over TLS, and the file of its certificate."""
    pems = self_signed(tmp_path_factory.mktemp("tls"))
    program = [sys.executable, "-m", "tests.cli.fake_edge", *map(str, pems)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        yield f"https://localhost:{process.stdout.readline().strip()}", pems[0]
        process.stdin.close()
        process.wait(10)


def test_a_profile_trusts_the_authority_that_it_was_given(qpo, secure, monkeypatch):
    edge, certificate = secure
    monkeypatch.delenv("QPO_EDGE")
    assert qpo("profile", "set", "work", "--edge", edge, "--ca-file", str(certificate)).code == 0
    assert qpo("profile", "use", "work").code == 0
    assert qpo("login", "me@example.com").code == 0
    assert edge in qpo("whoami").out
    assert qpo("logout").code == 0


@pytest.mark.parametrize("option", ["--ca-file", "--ca"])
def test_the_authority_may_be_named_for_one_command(qpo, secure, option):
    edge, certificate = secure
    assert qpo("login", "me@example.com", "--edge", edge, option, str(certificate)).code == 0


def test_the_environment_names_the_authority(qpo, secure, monkeypatch):
    monkeypatch.setenv("QPO_CA_FILE", str(secure[1]))
    assert qpo("login", "me@example.com", "--edge", secure[0]).code == 0


def test_a_certificate_that_nobody_vouches_for_is_refused_and_the_way_out_is_told(qpo, secure):
    said = qpo("login", "me@example.com", "--edge", secure[0], "--timeout", "5")
    assert said.code == 24
    assert "not one to trust" in said.err
    assert "--ca-file" in said.err
    assert "Traceback" not in said.err


def test_a_certificate_for_another_host_is_refused(qpo, secure):
    there = secure[0].replace("localhost", "127.0.0.1")
    said = qpo("login", "me@example.com", "--edge", there, "--ca", str(secure[1]), "--timeout", "5")
    assert said.code == 24
    assert "not one to trust" in said.err


def test_a_token_that_was_given_over_tls_is_not_sent_in_clear_text(qpo, secure, edge):
    assert qpo("login", "me@example.com", "--edge", secure[0], "--ca", str(secure[1])).code == 0
    said = qpo("whoami", "--edge", edge.replace("127.0.0.1", "localhost"))
    assert said.code == 1
    assert "clear text" in said.err


def test_a_token_is_not_sent_elsewhere_where_addresses_have_no_scheme(qpo, edge):
    here = edge.removeprefix("http://")
    assert qpo("login", "me@example.com", "--edge", here).code == 0
    assert qpo("whoami", "--edge", here).code == 0
    said = qpo("whoami", "--edge", "elsewhere.example:80", "--timeout", "2")
    assert said.code == 1
    assert "to no other" in said.err
