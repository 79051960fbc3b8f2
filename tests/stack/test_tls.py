import json
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from stack import renewal
from stack.addresses import EVERYWHERE, choose
from stack.authority import Authority, now
from stack.envoy import Envoy
from stack.identities import NAMES, PUBLIC, callers_of
from stack.layout import Layout
from stack.mesh import Mesh
from stack.part import CannotStart
from stack.parts import all_parts
from stack.renewal import Renewal
from stack.services import ServiceProcess
from stack.settings import MeshSettings
from tests.fixtures.public_authority import PublicAuthority
from tests.stack import owner


def parts(tmp_path, **changes):
    settings, layout = owner.settings(tmp_path, **changes), Layout.of(tmp_path)
    layout.make()
    return all_parts(settings, layout, choose(settings))


def test_with_tls_the_edge_answers_at_8443_and_by_https():
    settings = MeshSettings(tls=True, edge_tls_port=28443)
    addresses = choose(settings)
    assert MeshSettings.model_fields["edge_tls_port"].default == 8443
    assert addresses.edge_url == "https://127.0.0.1:28443"
    assert addresses.edge_address == "127.0.0.1:28443"


def test_a_service_is_told_where_its_certificate_lies_and_who_may_call_what(tmp_path):
    services = [part for part in parts(tmp_path, tls=True, replicas=2) if isinstance(part, ServiceProcess)]
    assert len(services) == 10
    for part in services:
        told = {
            key.removeprefix(f"QPO_{part.service.upper()}_"): value for key, value in part.command.environment.items()
        }
        folder = tmp_path / "secrets" / "tls"
        assert told["TLS_IDENTITY_FILE"] == str(folder / f"{part.service}.pem")
        assert told["TLS_AUTHORITY_FILE"] == str(folder / "authority.pem")
        assert json.loads(told["TLS_CALLERS"]) == callers_of(part.service)
        # Shorter than what is left of a certificate about to be renewed: no connection outlives what it was shown.
        assert 0 < float(told["MAX_CONNECTION_AGE"]) * 1.1 < MeshSettings().tls_hours * 3600 / 3


def test_without_tls_nobody_is_told_of_certificates_and_none_are_made(tmp_path):
    for part in parts(tmp_path):
        assert not [name for name in (part.command.environment if part.command else ()) if "TLS" in name]
        assert not isinstance(part, Envoy) or part.identity is None
    assert not (tmp_path / "secrets" / "tls").exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "qpo.example"])  # noqa: S104 - refused
def test_the_authority_of_this_machine_vouches_for_no_other(tmp_path, host):
    with pytest.raises(CannotStart, match="for this machine"):
        Mesh(owner.settings(tmp_path, tls=True, host=host)).start()


@pytest.mark.parametrize("elsewhere", [{"ml_address": "10.0.0.1:7004"}, {"edge_url": "https://qpo.example"}])
def test_what_others_run_is_not_mixed_with_what_is_proven_here(tmp_path, elsewhere):
    with pytest.raises(CannotStart, match="for what runs here"):
        Mesh(owner.settings(tmp_path, tls=True, **elsewhere)).start()


class Calendar:
    """A clock that a test turns, and the makings of certificates by it."""

    def __init__(self, monkeypatch):
        self.ahead = timedelta()
        self.failures = 0
        self.made = threading.Semaphore(0)
        issue = Authority.issue

        def counted(authority, names):
            if self.failures:
                self.failures -= 1
                raise OSError(28, "No space left on device")
            due = issue(authority, names)
            self.made.release()
            return due

        monkeypatch.setattr(renewal, "now", lambda: now() + self.ahead)
        monkeypatch.setattr(renewal, "_LOOK", 0.01)
        monkeypatch.setattr(renewal, "_SOON", 0.01)
        monkeypatch.setattr(Authority, "issue", counted)


@pytest.fixture
def calendar(monkeypatch):
    return Calendar(monkeypatch)


def test_certificates_are_renewed_after_two_thirds_of_their_life_and_not_before(tmp_path, calendar):
    layout = Layout.of(tmp_path)
    with Renewal(MeshSettings(tls_hours=24), layout):
        assert calendar.made.acquire(timeout=5)
        before = {name: layout.identity(name).file.read_bytes() for name in NAMES}
        calendar.ahead = timedelta(hours=15, minutes=59)
        assert not calendar.made.acquire(timeout=0.2)
        calendar.ahead = timedelta(hours=16, minutes=1)
        assert calendar.made.acquire(timeout=5)
        assert not [name for name in NAMES if layout.identity(name).file.read_bytes() == before[name]]


def test_a_renewal_that_finds_no_room_is_tried_again_and_told(tmp_path, calendar, caplog):
    with Renewal(MeshSettings(tls_hours=24), Layout.of(tmp_path)):
        assert calendar.made.acquire(timeout=5)
        calendar.failures = 2
        calendar.ahead = timedelta(hours=17)
        assert calendar.made.acquire(timeout=5)
    assert calendar.failures == 0
    assert "No space left on device" in caplog.text


def test_leaving_ends_the_renewal_at_once(tmp_path):
    began = time.monotonic()
    with Renewal(MeshSettings(tls_hours=24), Layout.of(tmp_path)):
        pass
    assert time.monotonic() - began < 5


@pytest.fixture
def authority(tmp_path):
    (tmp_path / "acme").mkdir()
    made = PublicAuthority(tmp_path / "acme")
    made.give("portfolio.example")
    return made


def of(authority, **changes):
    return {"tls": True, "edge_certificate": authority.chain, "edge_key": authority.key} | changes


def test_a_public_certificate_is_taken_when_it_is_new_and_whole(tmp_path, authority, calendar, caplog):
    layout = Layout.of(tmp_path)
    with Renewal(MeshSettings(**of(authority)), layout):
        taken = layout.identity(PUBLIC).file
        before = taken.read_bytes()
        assert before == authority.key.read_bytes() + authority.chain.read_bytes()
        key = authority.key.read_bytes()
        authority.give("portfolio.example")
        renewed, _ = authority.key.read_bytes(), authority.key.write_bytes(key)
        await_true(lambda: "is not that of the certificate" in caplog.text)
        assert taken.read_bytes() == before
        authority.key.write_bytes(renewed)
        await_true(lambda: taken.read_bytes() == renewed + authority.chain.read_bytes())
    assert taken.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"edge_key": None}, "go together"),
        ({"edge_certificate": None}, "go together"),
        ({"tls": False}, "with tls alone"),
        ({"edge_key": Path("/nowhere/privkey.pem")}, "/nowhere/privkey.pem cannot be read"),
        ({"edge_key": Path(__file__)}, "hold no certificate and key"),
    ],
)
def test_half_a_certificate_stops_the_start_and_says_what_is_missing(tmp_path, authority, changes, told):
    with pytest.raises(CannotStart, match=told):
        Mesh(owner.settings(tmp_path / "state", **of(authority, **changes))).start()


def test_the_edge_alone_may_listen_on_all_addresses(tmp_path):
    addresses = choose(MeshSettings(tls=True, edge_everywhere=True, free_ports=True))
    assert addresses.edge_host == EVERYWHERE
    assert addresses.edge_url.startswith("https://127.0.0.1:")
    assert addresses.service("auth").startswith("127.0.0.1:")
    assert choose(MeshSettings(free_ports=True)).edge_host == "127.0.0.1"


def await_true(holds):
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
