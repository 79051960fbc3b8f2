"""The main job as a user starts it: `qpo demo`, to its end and cut short. Nothing is left running either way."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from matplotlib.image import imread

pytestmark = [pytest.mark.mesh, pytest.mark.timeout(300)]

WALK = ["Mesh", "Account", "Prices", "Defects", "Portfolio", "Optimize by REST", "Optimize by gRPC", "Rebalance"]
WALK += ["Ticks", "Feed", "Frontier", "Stop"]


def started(folder: Path) -> subprocess.Popen[str]:
    """The demo as a program whose every file, and so every process, carries the folder's name."""
    environment = {**os.environ, "TMPDIR": str(folder), "COLUMNS": "140", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "clients.cli", "demo", "--png", str(folder / "frontier.png")]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def left_of(folder: Path) -> list[str]:
    """The processes that name the folder in their command line or environment."""
    return [" ".join(found) for found in _named(str(folder))]


def _named(folder: str) -> Iterator[list[str]]:
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            command = process.cmdline()
            if any(folder in word for word in [*command, *process.environ().values()]):
                yield command
        except psutil.Error:
            continue  # it ended while we looked, or is not ours to look at


def read_until(demo: subprocess.Popen[str], line: str) -> None:
    for said in demo.stdout:
        if line in said:
            return
    raise AssertionError(f"the demo ended before it said {line!r}")


@pytest.fixture
def folder(tmp_path_factory) -> Path:
    """A folder with a short name: sockets are to fit into it."""
    return tmp_path_factory.mktemp("d")


def test_the_demo_keeps_every_promise_and_leaves_nothing_running(folder):
    demo = started(folder)
    said, _ = demo.communicate(timeout=240)
    assert demo.returncode == 0, said
    walked = re.findall(r"^ ?\d+  (\S.*?)  ", said, re.MULTILINE)
    assert walked == WALK
    assert "REST and gRPC agree" in said
    assert "stored weights and cash sum to exactly 1.000000" in said
    assert "166,260 closes of 20 stocks, 1990-01-02 … 2022-12-28" in said
    assert "11 mistakes of 11 kinds" in said
    assert "none is left" in said
    assert imread(folder / "frontier.png").shape[:2] == (1056, 1600)
    assert left_of(folder) == []
    assert [entry.name for entry in folder.iterdir()] == ["frontier.png"]


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_demo_that_is_interrupted_stops_everything(folder, signal_):
    demo = started(folder)
    read_until(demo, "Account")
    demo.send_signal(signal_)
    said, _ = demo.communicate(timeout=60)
    assert demo.returncode == 130, said
    assert "Traceback" not in said
    assert left_of(folder) == []
    assert not list(folder.iterdir())


def test_a_demo_that_is_killed_takes_the_mesh_with_it(folder):
    demo = started(folder)
    read_until(demo, "Account")
    demo.kill()
    demo.wait(10)
    deadline = time.monotonic() + 30
    while left_of(folder) and time.monotonic() < deadline:
        time.sleep(0.1)  # nobody is left who could tell that the last process ended
    assert left_of(folder) == []
