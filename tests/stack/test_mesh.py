import json
import os
import signal
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

from stack.elsewhere import logs, status
from stack.events import State
from stack.layout import Layout
from stack.mesh import Mesh
from stack.part import CannotStart
from stack.process import running
from stack.redis import Redis
from stack.services import ServiceProcess, Stores
from tests.stack import owner
from tests.stack.conftest import PARTS, postgres_of


def part(mesh, name):
    return next(each for each in mesh.parts() if each.name == name)


def await_part(mesh, name, wanted):
    deadline = time.monotonic() + 20
    while not wanted(part(mesh, name)):
        assert time.monotonic() < deadline, part(mesh, name)
        time.sleep(0.02)
    return part(mesh, name)


def test_every_part_is_ready_and_the_edge_answers_with_the_keys_of_auth(mesh):
    assert {each.name for each in mesh.parts() if each.state is State.READY} == PARTS
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{mesh.edge_url}/api/v1/auth/jwks") as answer:
        assert json.load(answer)["keys"][0]["crv"] == "Ed25519"


def test_another_process_sees_every_part_answer(mesh):
    code = (
        "import sys; from pathlib import Path; from stack.elsewhere import status; s = status(Path(sys.argv[1]));"
        "print(s.running, s.pid, s.edge_url, sorted((p.name, str(p.state)) for p in s.parts))"
    )
    seen = subprocess.run([sys.executable, "-c", code, mesh.layout.root], capture_output=True, text=True, check=True)
    expected = sorted((name, "ready") for name in PARTS)
    assert seen.stdout.strip() == f"True {os.getpid()} {mesh.edge_url} {expected}"


@pytest.mark.parametrize("name", ["ml", "redis", "postgres", "envoy"])
def test_a_part_that_dies_is_started_again_and_counted(mesh, name):
    before = part(mesh, name)
    os.kill(before.pid, signal.SIGKILL)
    after = await_part(mesh, name, lambda now: now.state is State.READY and now.pid != before.pid)
    assert after.restarts == before.restarts + 1


def test_a_part_that_runs_and_does_not_answer_is_seen_from_outside(mesh):
    os.kill(part(mesh, "ml").pid, signal.SIGSTOP)
    try:
        seen = next(each for each in status(mesh.layout.root).parts if each.name == "ml")
    finally:
        os.kill(part(mesh, "ml").pid, signal.SIGCONT)
    assert seen.state is State.FAILED
    assert "DEADLINE_EXCEEDED" in seen.detail


def test_secrets_are_files_that_only_the_owner_reads_and_never_arguments(mesh):
    secrets = [path for path in (mesh.layout.root / "secrets").rglob("*") if path.is_file()]
    assert secrets
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}
    assert stat.S_IMODE(mesh.layout.root.stat().st_mode) == 0o700
    words = [word for each in mesh.parts() for word in psutil.Process(each.pid).cmdline()]
    assert not [word for word in words for path in secrets if path.read_text() in word]


def test_two_meshes_cannot_share_a_state_folder(mesh):
    with pytest.raises(CannotStart, match="already runs"):
        Mesh(owner.settings(mesh.layout.root)).start()


def test_two_meshes_run_side_by_side_on_their_own_ports(mesh, tmp_path):
    taken = {"free_ports": False, "edge_port": mesh.addresses.ports["edge"], "ml_port": mesh.addresses.ports["ml"]}
    shared = {
        "postgres_url": f"postgresql://postgres@/qpo?host={Path(mesh.address('postgres')).parent}",
        "redis_url": f"unix://{mesh.address('redis')}",
        "auth_address": mesh.address("auth"),
    }
    with Mesh(owner.settings(tmp_path / "x", **taken, **shared)) as second:
        assert second.edge_url != mesh.edge_url
        assert second.address("ml") != mesh.address("ml")
        states = {each.name: each.state for each in second.parts()}
    external = {name for name, state in states.items() if state is State.EXTERNAL}
    assert external == {"postgres", "redis", "auth"}


def test_logs_are_read_by_part(mesh):
    assert ("ml", "ml listens") in list(logs(mesh.layout.root))
    assert {name for name, _ in logs(mesh.layout.root, parts=["redis"], lines=3)} == {"redis"}


def test_a_service_that_cannot_start_is_told_by_its_own_words(tmp_path, monkeypatch):
    (tmp_path / "portfolio").touch()
    monkeypatch.setenv("STANDIN_BREAKS", str(tmp_path))
    mesh = Mesh(owner.settings(tmp_path / "state"))
    mesh.start()
    try:
        with pytest.raises(CannotStart, match="portfolio: told to break"):
            mesh.wait_ready(timeout=30)
    finally:
        mesh.stop()
    assert {each.name for each in mesh.parts() if each.state is not State.STOPPED} == {"portfolio"}


def test_a_strangers_answer_is_not_taken_for_a_parts_own(mesh, tmp_path, monkeypatch):
    (tmp_path / "ml").touch()
    monkeypatch.setenv("STANDIN_BREAKS", str(tmp_path))
    stranger = mesh.addresses.ports["ml"]
    second = ServiceProcess("ml", mesh.addresses, Stores("", ""), Layout.of(tmp_path / "x"), owner.command(), {})
    second.probe()
    with pytest.raises(CannotStart, match="told to break"), running(second, tmp_path / "ml.log"):
        pytest.fail(f"the answer on port {stranger} is not its own")


def test_stores_start_in_a_state_folder_too_long_for_a_socket(tmp_path):
    layout = Layout.of(tmp_path / ("d" * 100))
    layout.make()
    try:
        for store in (Redis(layout.data("redis"), layout.sockets("redis")), postgres_of(layout.root)):
            with running(store, layout.log(store.name)):
                assert len(store.address) < 108
    finally:
        layout.leave()
    assert not layout.sockets("redis").parent.exists()
