import json
import os
import signal
import stat
import threading
import time
import urllib.request

import pytest

from stack import keeper
from stack.addresses import SERVICES, Addresses, choose, service_of
from stack.elsewhere import logs, status
from stack.envoy import DRAIN, render
from stack.events import State
from stack.layout import Layout
from stack.mesh import Mesh
from stack.parts import all_parts
from stack.settings import MeshSettings
from tests.stack import owner
from tests.stack.conftest import PARTS

TWICE = PARTS | {f"{service}-2" for service in SERVICES}


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """A mesh of stand-ins, two of each."""
    with Mesh(owner.settings(tmp_path_factory.mktemp("twice") / "state", replicas=2)) as running:
        yield running


def environments(settings, tmp_path):
    """What each part of a mesh with these settings is told, and the table of addresses."""
    addresses, layout = choose(settings), Layout.of(tmp_path)
    layout.make()
    parts = all_parts(settings, layout, addresses)
    return {part.name: part.command.environment for part in parts if part.command}, addresses


def test_two_of_each_service_run_and_the_stores_and_the_edge_once(twice):
    assert {part.name for part in twice.parts() if part.state is State.READY} == TWICE
    assert {part.name for part in status(twice.layout.root).parts if part.state is State.READY} == TWICE
    assert len({part.address for part in twice.parts()}) == len(TWICE)


def test_each_replica_has_a_log_of_its_own(twice):
    assert ("ml-2", "ml listens") in list(logs(twice.layout.root, parts=["ml-2"]))
    assert {name for name, _ in logs(twice.layout.root, parts=["ml-2"])} == {"ml-2"}
    assert {name for name, _ in logs(twice.layout.root, parts=["ml"])} == {"ml", "ml-2"}


def test_a_killed_replica_is_started_again_and_never_missed_at_the_edge(twice):
    before = next(part for part in twice.parts() if part.name == "auth-2")
    os.kill(before.pid, signal.SIGKILL)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + 20
    back = False
    while not back:
        assert time.monotonic() < deadline
        with opener.open(f"{twice.edge_url}/api/v1/auth/jwks", timeout=5) as answer:
            assert json.load(answer)["keys"]
        now = next(part for part in twice.parts() if part.name == "auth-2")
        back = now.state is State.READY and now.pid != before.pid
    assert now.restarts == before.restarts + 1


def test_a_replicas_ports_stand_ten_above_those_of_the_one_before():
    ports = choose(MeshSettings(replicas=3, auth_port=17001, auth_metrics_port=17101)).ports
    assert [ports[name] for name in ("auth", "auth-2", "auth-3")] == [17001, 17011, 17021]
    assert [ports[name] for name in ("auth_metrics", "auth-2_metrics", "auth-3_metrics")] == [17101, 17111, 17121]


def test_replicas_share_program_keys_and_schema_and_differ_in_their_ports(tmp_path):
    settings = owner.settings(tmp_path, replicas=2)
    told, _ = environments(settings, tmp_path)
    first, second = told["portfolio"], told["portfolio-2"]
    assert set(first) == set(second)
    alike = {name for name in first if first[name] == second[name]}
    assert {"QPO_SECRETS_DIR", "QPO_PORTFOLIO_PAGE_TOKEN_KEY_FILE", "QPO_PORTFOLIO_AUTH_ADDRESS"} <= alike
    assert not {"QPO_PORTFOLIO_PORT", "QPO_PORTFOLIO_METRICS_PORT"} & alike


def test_a_service_is_told_to_be_done_with_its_calls_before_it_would_be_killed(tmp_path):
    told, _ = environments(owner.settings(tmp_path, replicas=2), tmp_path)
    for name in ("auth", "portfolio-2", "optimizer"):
        seconds = float(told[name][f"QPO_{service_of(name).upper()}_LEAVE_SECONDS"])
        assert DRAIN < seconds < keeper.PATIENCE  # as at the edge, where the longest call has a little less


def test_a_service_is_told_all_replicas_of_its_peers(tmp_path):
    settings = owner.settings(tmp_path, replicas=2)
    told, addresses = environments(settings, tmp_path)
    for peer in ("auth", "optimizer", "marketdata"):
        assert len(addresses.peers(peer).split(",")) == 2
        assert len(told["portfolio-2"][f"QPO_PORTFOLIO_{peer.upper()}_ADDRESS"].split(",")) == 2


def test_replicas_that_others_run_are_asked_one_by_one_and_told_to_peers_and_edge(tmp_path):
    settings = owner.settings(tmp_path, ml_address="10.0.0.1:7004, ml.example:7004")
    addresses = choose(settings)
    parts = {part.name: part for part in all_parts(settings, Layout.of(tmp_path), addresses)}
    assert {parts[name].address for name in ("ml", "ml-2")} == {"10.0.0.1:7004", "ml.example:7004"}
    assert all(parts[name].command is None for name in ("ml", "ml-2"))
    assert addresses.peers("ml") == "10.0.0.1:7004,ml.example:7004"
    assert '"ml.example"' in render(addresses, ".*")
    assert Addresses(**json.loads(json.dumps(vars_of(addresses)))) == addresses


def vars_of(addresses):
    return {"host": addresses.host, "ports": addresses.ports, "external": addresses.external}


def test_a_name_tells_its_service():
    assert [service_of(name) for name in ("portfolio", "portfolio-2", "envoy")] == ["portfolio", "portfolio", "envoy"]


def test_of_many_who_make_a_secret_at_once_all_read_the_same(tmp_path):
    layout = Layout.of(tmp_path)
    read, together = [], threading.Barrier(8)

    def make():
        together.wait(10)
        read.append(layout.secret_file("portfolio", "database_password").read_text())

    makers = [threading.Thread(target=make) for _ in range(8)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join(10)
    assert len(read) == 8
    assert len(set(read)) == 1
    path = layout.secret_file("portfolio", "database_password")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["database_password"]
