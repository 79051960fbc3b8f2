import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from stack.elsewhere import down
from stack.layout import Layout
from stack.mesh import Mesh
from stack.postgres import Postgres
from tests.stack import owner

PARTS = {"postgres", "redis", "auth", "portfolio", "marketdata", "ml", "optimizer", "envoy"}


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    """A mesh of stand-ins with the real PostgreSQL, Redis and Envoy."""
    with Mesh(owner.settings(tmp_path_factory.mktemp("mesh") / "state")) as running:
        yield running


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts a mesh in tmp_path / "state", owned by a process of its own, and waits until it is ready."""
    owners: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, owner.__file__, str(tmp_path / "state")]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        owners.append(process)
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    down(tmp_path / "state")
    for process in owners:
        process.kill()
        process.wait()


def postgres_of(state_dir):
    layout = Layout.of(state_dir)
    return Postgres(layout.data("postgres"), layout.sockets("postgres"))


def pids(state_dir: Path) -> dict[str, int]:
    """The processes of the parts, as recorded."""
    parts = json.loads((state_dir / "state.json").read_text())["parts"]
    return {part["name"]: part["pid"] for part in parts if part["pid"]}


def family(process_id: int) -> list[psutil.Process]:
    """A process and all its descendants."""
    head = psutil.Process(process_id)
    return [head, *head.children(recursive=True)]


def await_gone(processes: list[psutil.Process], timeout: float = 20) -> list[psutil.Process]:
    """Waits until none runs (one not yet buried by its parent counts as gone); returns those that do."""
    deadline = time.monotonic() + timeout
    while left := [process for process in processes if runs(process)]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return left


def runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
