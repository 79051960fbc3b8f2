"""What can be replaced where, and how: an edge that runs elsewhere tells nothing, and monitors know no way to leave."""

import contextlib
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from stack import rolling
from stack.addresses import Addresses
from stack.external import External
from stack.guardian import Guardian
from stack.keeper import Board, Keeper
from stack.part import Command, NotReady
from stack.process import Child
from stack.rolling import Rolling
from stack.starter import Starter

# Does nothing when it is told to leave, once it says that it is up.
PATIENT = "import signal; signal.signal(signal.SIGUSR1, signal.SIG_IGN); print('up', flush=True); signal.pause()"
# Dies if it is told to leave.
PLAIN = "import signal; print('up', flush=True); signal.pause()"


@dataclass
class Process:
    """A part that is ready when it says so."""

    name: str
    log: Path
    program: str
    address: str = "nowhere"
    port: int | None = None
    needs: tuple[str, ...] = ()
    command: Command = field(init=False)

    def __post_init__(self) -> None:
        self.command = Command((sys.executable, "-I", "-S", "-c", self.program))

    def prepare(self) -> None: ...

    def settle(self) -> None: ...

    def probe(self) -> None:
        if not self.log.exists() or "up" not in self.log.read_text():
            raise NotReady("not up yet")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a process under each name, beside an edge elsewhere if one is given; returns keepers and what restarts."""
    monkeypatch.setattr(rolling, "REST", 0.0)
    board = Board(lambda status: None)
    keepers = {}
    with Guardian("test") as guardian, Starter("test") as starter, contextlib.ExitStack() as stopped:

        def start(program, *names, external=None):
            for name in names:
                log = tmp_path / name
                keepers[name] = Keeper(Process(name, log, program), log, starter, guardian, board)
            for name, url in (external or {}).items():
                keepers[name] = Keeper(External(name, url), tmp_path / name, starter, guardian, board)
            for name in names:
                keepers[name].start()
                stopped.callback(keepers[name].stop)
            for name in names:
                keepers[name].await_ready(30)
            ports = dict.fromkeys(names, 1)
            return keepers, Rolling(keepers, Addresses("127.0.0.1", ports, external or {}), board)

        yield start
        board.stop()


def pids(keepers, names):
    return {name: keepers[name]._status.pid for name in names}


@pytest.mark.parametrize("names", [("ml",), ("ml", "ml-2")])
def test_replicas_behind_an_edge_that_runs_elsewhere_are_replaced_as_time_alone_tells(run, monkeypatch, names):
    keepers, mesh = run(PATIENT, *names, external={"envoy": "http://edge.example"})
    monkeypatch.setattr(rolling, "NOTICE", 0.0)
    before, told = pids(keepers, names), []
    mesh.restart(["ml"], told.append)
    assert [line.split()[0] for line in told if "another process" in line] == list(names)
    after = pids(keepers, names)
    assert all(after[name] not in (None, before[name]) for name in names)
    assert [keepers[name]._status.restarts for name in names] == [0] * len(names)


def test_a_monitor_is_ended_and_started_again_without_being_told_to_leave(run, monkeypatch):
    keepers, mesh = run(PLAIN, "prometheus")
    before = pids(keepers, ["prometheus"])
    sent, told = [], []
    monkeypatch.setattr(Child, "send", lambda child, number: sent.append(number))
    mesh.restart(["prometheus"], told.append)
    assert [line.split()[0] for line in told] == ["prometheus"]
    assert pids(keepers, ["prometheus"]) != before
    assert keepers["prometheus"]._status.restarts == 0
    assert sent == []
