"""Certificates that ended, name somebody else, are another authority's or cannot be read."""

import datetime
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from stack.authority import Authority, now
from stack.doctor import certificates
from stack.doctor.edge import Edge
from stack.identities import NAMES
from tests.stack.doctor.conftest import verdicts, wrong

DAY = datetime.timedelta(hours=24)


@pytest.fixture
def folder(patient):
    made = patient.layout.secrets("tls")
    Authority(made, DAY).issue(NAMES)
    return made


def found(patient, later=0.0):
    return list(certificates.of_the_machine(patient, now() + datetime.timedelta(hours=later)))


def test_those_that_were_just_made_are_fine(running, folder):
    assert verdicts(found(running())) == ["fine"]


def test_where_none_are_used_that_is_said(patient):
    assert verdicts(found(patient)) == ["unknown"]


def test_one_that_ended_is_wrong_while_the_mesh_runs(running, folder):
    assert len(wrong(found(running(), later=25))) == len(NAMES)


def test_one_that_ended_is_made_anew_by_the_next_start(patient, folder):
    assert not wrong(found(patient, later=25))


def test_one_that_should_have_been_renewed_is_warned_of(running, folder):
    assert set(verdicts(found(running(), later=21))) == {"warning"}


def test_the_authority_s_own_end_is_wrong(running, folder):
    assert any("authority" in each.detail for each in wrong(found(running(), later=24 * 3651)))


def test_one_that_names_another_is_wrong(running, folder):
    (folder / "ml.pem").write_bytes((folder / "auth.pem").read_bytes())
    (one,) = wrong(found(running()))
    assert "does not name ml.qpo.local, spiffe://qpo.local/ml" in one.detail


def test_one_whose_key_is_another_s_is_wrong(running, folder):
    key, ours = ((folder / f"{name}.pem").read_bytes() for name in ("auth", "ml"))
    end = b"-----END PRIVATE KEY-----\n"
    (folder / "ml.pem").write_bytes(key.partition(end)[0] + end + ours.partition(end)[2])
    (one,) = wrong(found(running()))
    assert "the key is not the certificate's" in one.detail


def test_one_of_another_authority_is_wrong(running, folder, tmp_path):
    Authority(tmp_path / "other", DAY).issue(["ml"])
    (folder / "ml.pem").write_bytes((tmp_path / "other" / "ml.pem").read_bytes())
    (one,) = wrong(found(running()))
    assert "another authority" in one.detail


@pytest.mark.parametrize("spoil", [lambda file: file.write_bytes(b"nonsense"), lambda file: file.unlink()])
def test_one_that_is_missing_or_damaged_is_wrong(running, folder, spoil):
    spoil(folder / "ml.pem")
    (one,) = wrong(found(running()))
    assert "ml" in one.detail


@contextmanager
def encrypted(folder, name):
    """An https server that shows a name's certificate; its url."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_): ...

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem")
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://localhost:{server.server_port}"
        server.shutdown()


def test_of_an_edge_elsewhere_a_certificate_that_is_believed_is_fine(folder):
    with encrypted(folder, "edge") as url:
        assert verdicts(certificates.of_edge(Edge(url, folder / "authority.pem"))) == ["fine"]


def test_one_that_nobody_vouches_for_is_wrong(folder):
    with encrypted(folder, "edge") as url:
        (one,) = wrong(certificates.of_edge(Edge(url)))
    assert "unable to get local issuer certificate" in one.detail
    assert "--ca-file" in one.fix


def test_one_for_another_host_is_wrong(folder):
    with encrypted(folder, "ml") as url:
        (one,) = wrong(certificates.of_edge(Edge(url, folder / "authority.pem")))
    assert "Hostname mismatch" in one.detail


def test_one_that_ends_soon_is_warned_of(folder):
    with encrypted(folder, "edge") as url:
        there = Edge(url, folder / "authority.pem")
        assert verdicts(certificates.of_edge(there, now() + datetime.timedelta(hours=23))) == ["warning"]


def test_an_edge_in_clear_text_is_said_to_be_one():
    assert verdicts(certificates.of_edge(Edge("http://qpo.example"))) == ["unknown"]


def test_looking_at_certificates_is_not_imported_before_it_is_done():
    code = "import sys, stack.doctor; sys.exit('cryptography.x509' in sys.modules or 'psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
