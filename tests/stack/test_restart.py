"""Processes give way to others while the mesh works: replica after replica, and the edge to its successor."""

import dataclasses
import http.client
import os
import signal
import socket
import threading
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from stack import elsewhere, envoy, rolling
from stack.events import State
from stack.mesh import Mesh
from stack.part import CannotStart
from tests.stack import owner
from tests.stack.conftest import await_gone, family, pids

DRAIN = 1


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """A mesh of stand-ins, two of each, whose edges leave soon."""
    state = tmp_path_factory.mktemp("twice") / "state"
    # Stand-ins call nobody who would have to find them.
    with (
        pytest.MonkeyPatch.context() as patched,
        Mesh(owner.settings(state, replicas=2, edge_drain=DRAIN, edge_everywhere=True)) as running,
    ):
        patched.setattr(rolling, "REST", 0.0)
        yield running


@pytest.fixture
def mesh(twice):
    """The same, all ready and one edge alone, whatever the test before did."""
    await_true(lambda: all(part.state is State.READY for part in twice.parts()))
    await_true(lambda: len(edges(twice)) == 1)
    return twice


def await_true(condition, seconds=30.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def part(mesh, name):
    return next(each for each in mesh.parts() if each.name == name)


def edges(mesh):
    """The processes that have this mesh's edge's configuration."""
    config = str(mesh.layout.data("envoy") / "envoy.yaml")
    return [process for process in psutil.process_iter() if config in cmdline(process)]


def cmdline(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def restart(mesh, *names):
    return list(elsewhere.restart(mesh.layout.root, names))


def status_of(mesh, path="/ready", port="edge", host="127.0.0.1"):
    with closing(http.client.HTTPConnection(host, mesh.addresses.ports[port], timeout=5)) as connection:
        connection.request("GET", path)
        return connection.getresponse().status


def test_replicas_give_way_one_after_the_other_and_that_is_no_death(mesh, monkeypatch):
    before = {name: part(mesh, name) for name in ("ml", "ml-2")}
    fewest = [2]
    put = mesh._board.put

    def seen(status):
        put(status)
        ready = [each for each in mesh.parts() if each.name in before and each.state is State.READY]
        fewest[0] = min(fewest[0], len(ready))

    monkeypatch.setattr(mesh._board, "put", seen)
    told = restart(mesh, "ml")
    assert [line.split()[0] for line in told] == ["ml", "ml-2"]
    for name, was in before.items():
        assert part(mesh, name).pid != was.pid
        assert part(mesh, name).restarts == was.restarts
    assert fewest == [1]


def test_a_replica_ends_after_the_edge_has_heard_that_it_leaves(mesh):
    log = mesh.layout.log("auth-2")
    already = log.stat().st_size
    restart(mesh, "auth-2")
    lines = log.read_bytes()[already:].decode().splitlines()
    assert lines.index("told that it leaves") < lines.index("ends")


@pytest.mark.parametrize("name", ["postgres", "redis", "nobody"])
def test_what_cannot_be_replaced_is_refused_before_anything_is_done(mesh, name):
    before = {each.name: each.pid for each in mesh.parts()}
    with pytest.raises(CannotStart, match=name):
        restart(mesh, "ml", name)
    assert {each.name: each.pid for each in mesh.parts()} == before


def test_where_no_mesh_runs_nothing_is_restarted(tmp_path):
    with pytest.raises(CannotStart, match="no mesh runs"):
        list(elsewhere.restart(tmp_path, ()))


def test_a_replica_that_does_not_come_back_ends_it_and_the_others_are_left_as_they_are(mesh, tmp_path, monkeypatch):
    def breaking(keeper, leaving):
        raise CannotStart("portfolio did not come back: told to break")

    monkeypatch.setattr(type(mesh._keepers["portfolio"]), "replace", breaking)
    other = part(mesh, "portfolio-2").pid
    with pytest.raises(CannotStart, match="did not come back"):
        restart(mesh, "portfolio")
    assert part(mesh, "portfolio-2").pid == other
    monkeypatch.undo()
    os.kill(part(mesh, "portfolio").pid, signal.SIGTERM)  # as it was told to leave, it would be sent no calls
    await_true(lambda: status_of(mesh) == 200)


def test_the_edge_gives_way_to_a_successor_that_has_its_port_before_it_goes(mesh):
    before = part(mesh, "envoy")
    with closing(http.client.HTTPConnection("127.0.0.1", mesh.addresses.ports["edge"], timeout=5)) as kept:
        kept.request("GET", "/ready")
        assert kept.getresponse().read() == b""
        restart(mesh, "edge")
        after = part(mesh, "envoy")
        assert (after.pid != before.pid, after.restarts, after.state) == (True, before.restarts, State.READY)
        # The predecessor answers on its connections, and asks to be called on another.
        kept.request("GET", "/ready")
        answer = kept.getresponse()
        assert (answer.status, answer.getheader("connection")) == (200, "close")
    assert status_of(mesh) == 200
    await_true(lambda: [process.pid for process in edges(mesh)] == [after.pid])
    assert status_of(mesh) == 200
    assert part(mesh, "envoy").restarts == before.restarts


def test_no_connection_is_refused_while_the_edge_gives_way(mesh):
    over, answers = threading.Event(), []

    def ask():
        while not over.is_set():
            answers.append(status_of(mesh, "/health"))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        restart(mesh, "edge")
        await_true(lambda: len(edges(mesh)) == 1)
    finally:
        over.set()
        asking.join()
    assert len(answers) > 20
    assert set(answers) == {200}


def test_a_predecessor_that_is_killed_while_it_leaves_takes_its_successor_along_and_another_is_started(mesh):
    old = part(mesh, "envoy")
    restart(mesh, "edge")
    doomed = part(mesh, "envoy").pid
    os.kill(old.pid, signal.SIGKILL)
    await_true(lambda: part(mesh, "envoy").state is State.READY and part(mesh, "envoy").pid != doomed)
    assert part(mesh, "envoy").restarts == old.restarts + 1
    restart(mesh, "edge")
    assert status_of(mesh) == 200


def test_a_successor_that_dies_is_started_afresh_and_its_predecessor_with_it(mesh):
    old = part(mesh, "envoy")
    restart(mesh, "edge")
    new = part(mesh, "envoy")
    os.kill(new.pid, signal.SIGKILL)
    await_true(lambda: part(mesh, "envoy").state is State.READY and part(mesh, "envoy").pid != new.pid)
    assert part(mesh, "envoy").restarts == old.restarts + 1
    assert [process.pid for process in edges(mesh)] == [part(mesh, "envoy").pid]
    restart(mesh, "edge")
    assert status_of(mesh) == 200


def test_a_configuration_that_the_edge_would_refuse_leaves_it_as_it_was(mesh, monkeypatch):
    old = part(mesh, "envoy")
    monkeypatch.setattr(envoy, "render", lambda *_, **__: "nonsense: true\n")
    with pytest.raises(CannotStart, match="refuses its new configuration"):
        restart(mesh, "edge")
    monkeypatch.undo()
    assert (part(mesh, "envoy").pid, status_of(mesh, "/health")) == (old.pid, 200)
    restart(mesh, "edge")
    assert part(mesh, "envoy").pid != old.pid
    assert status_of(mesh) == 200


def test_an_edge_s_administration_and_keys_are_for_this_machine_alone(mesh):
    heard = {}
    for each in psutil.Process(part(mesh, "envoy").pid).net_connections("tcp"):
        if each.status == psutil.CONN_LISTEN:
            heard.setdefault(each.laddr.port, set()).add(each.laddr.ip)
    names = {port: name for name, port in mesh.addresses.ports.items()}
    told = {names[port]: addresses for port, addresses in heard.items()}
    assert told == {"edge": {"0.0.0.0"}, "edge_admin": {"127.0.0.1"}, "edge_jwks": {"127.0.0.1"}}  # noqa: S104
    for address in others_of_this_machine():
        assert status_of(mesh, "/health", host=address) == 200
        with pytest.raises(ConnectionRefusedError):
            status_of(mesh, "/server_info", "edge_admin", address)
    assert status_of(mesh, "/server_info", "edge_admin") == 200
    for page in ("/server_info", "/clusters", "/config_dump", "/stats/prometheus", "/quitquitquit"):
        assert status_of(mesh, page) in (401, 404)


def others_of_this_machine():
    """Its addresses that are reached from elsewhere; none in a machine without a network."""
    addresses = [each for card in psutil.net_if_addrs().values() for each in card if each.family is socket.AF_INET]
    return [each.address for each in addresses if not each.address.startswith("127.")]


def test_no_other_user_can_take_over_from_the_edge(mesh):
    handover = mesh.layout.sockets("envoy")
    assert handover.stat().st_mode & 0o077 == 0
    sockets = list(handover.iterdir())
    assert sockets
    listed = Path("/proc/net/unix").read_text()
    # None of them in the abstract namespace, which has no owners.
    assert f"@{handover}" not in listed
    assert any(str(path) in listed for path in sockets)


@pytest.mark.parametrize("way", [pytest.param(signal.SIGTERM, marks=pytest.mark.nightly), signal.SIGKILL])
def test_when_the_owner_ends_both_edges_end(own, tmp_path, way):
    process = own()
    state = tmp_path / "state"
    before = pids(state)["envoy"]
    list(elsewhere.restart(state, ["edge"]))
    both = family(before) + family(pids(state)["envoy"])
    assert len(both) == 2
    os.kill(process.pid, way)
    assert await_gone(both) == []


@pytest.mark.nightly
def test_a_mesh_that_is_stopped_meanwhile_leaves_nothing(tmp_path):
    mesh = Mesh(owner.settings(tmp_path / "state", replicas=2))
    with mesh:
        asked = threading.Thread(target=refused, args=(mesh,))
        asked.start()
        await_true(lambda: "told that it leaves" in mesh.layout.log("auth").read_text())
        running = [process for each in mesh.parts() if each.pid for process in family(each.pid)]
    assert await_gone(running) == []
    asked.join(20)
    assert not asked.is_alive()


def refused(mesh):
    with pytest.raises(CannotStart):
        restart(mesh)


def test_the_same_edge_is_always_itself_and_no_two_are_the_same(mesh, tmp_path):
    edge = mesh._keepers["envoy"].part
    other = dataclasses.replace(edge, data=tmp_path / "other")
    words = [dataclasses.replace(edge, epoch=epoch).command.argv for epoch in (0, 1)]
    base = [each[each.index("--base-id") + 1] for each in (*words, other.command.argv)]
    assert base[0] == base[1] != base[2]
    assert [each[each.index("--restart-epoch") + 1] for each in words] == ["0", "1"]
