from io import StringIO

import pytest
from rich.console import Console

from clients.cli import board
from stack.control import Control
from stack.events import Event, MeshStatus, PartStatus, State
from stack.layout import Layout
from stack.part import CannotStart
from stack.record import Lock


def printed(renderable) -> str:
    console = Console(file=StringIO(), width=120)
    console.print(renderable)
    return console.file.getvalue()


def test_the_board_says_how_long_each_part_took_to_be_ready():
    watch = board.Stopwatch()
    watch.note(Event("auth", State.STARTING, "", 100.0))
    watch.note(Event("auth", State.READY, "", 101.5))
    assert "1.5 s" in printed(board.board([PartStatus("auth", State.READY, "127.0.0.1:7001", pid=7)], watch))


def test_a_restart_is_timed_anew():
    watch = board.Stopwatch()
    for state, at in ((State.STARTING, 0.0), (State.READY, 9.0), (State.RESTARTING, 50.0), (State.READY, 52.0)):
        watch.note(Event("auth", state, "", at))
    assert watch.of("auth") == 2.0


def test_what_is_wrong_with_a_part_stands_whole_below_the_table():
    told = "auth ended with status 1:\nModuleNotFoundError: no module named argon2"
    said = printed(board.board([PartStatus("auth", State.FAILED, "127.0.0.1:7001", detail=told)]))
    assert "ModuleNotFoundError: no module named argon2" in said


def test_the_status_has_every_part_for_programs():
    part = PartStatus("auth", State.READY, "127.0.0.1:7001", pid=7)
    assert board.content(MeshStatus(True, 1, "http://127.0.0.1:8080", [part]))["parts"][0]["state"] == "ready"


@pytest.mark.parametrize("command", ["status", "down"])
def test_where_no_mesh_runs_that_is_said(qpo, home, command):
    said = qpo(command, "--state-dir", str(home / "empty"))
    assert said.code == 1
    assert "no mesh runs here" in said.err


def test_where_no_mesh_runs_nothing_is_restarted(qpo, home):
    said = qpo("restart", "ml", "--state-dir", str(home / "empty"))
    assert (said.code, "no mesh runs in" in said.err) == (1, True)


def test_what_was_restarted_is_told_and_what_went_wrong_is_the_exit_code(qpo, home):
    def handler(names, tell):
        tell(f"{names[0]} is another process")
        if len(names) > 1:
            raise CannotStart(f"{names[1]} did not come back")

    layout = Layout.of(home / "state")
    layout.make()
    with Lock(layout.lock), Control(layout.control, handler):
        done = qpo("restart", "ml", "--state-dir", str(layout.root))
        failed = qpo("restart", "ml", "auth", "--state-dir", str(layout.root))
    assert (done.code, "ml is another process" in done.err) == (0, True)
    assert (failed.code, "auth did not come back" in failed.err) == (1, True)


def test_a_setting_that_cannot_be_used_is_named(qpo, home, monkeypatch):
    monkeypatch.setenv("QPO_STACK_EDGE_PORT", "no port")
    said = qpo("up", "--replicas", "0", "--state-dir", str(home / "empty"))
    assert said.code == 2
    assert "replicas: Input should be greater than or equal to 1" in said.err
    assert "edge_port" in said.err
    assert not (home / "empty").exists()


def test_logs_of_a_stopped_mesh_can_still_be_read(qpo, home):
    folder = home / "state" / "logs"
    folder.mkdir(parents=True)
    (folder / "auth.log").write_text("one\ntwo [bracket]\n")
    said = qpo("logs", "auth", "-n", "1", "--state-dir", str(home / "state"))
    assert "two [bracket]" in said.out
    assert "one" not in said.out
