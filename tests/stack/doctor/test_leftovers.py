"""What a mesh that was killed left behind, and parts that are not well."""

import os
import subprocess
import sys
import uuid
from dataclasses import replace

import pytest

from stack import elsewhere
from stack.doctor import examine_edge, leftovers
from stack.events import MeshStatus, PartStatus, State
from stack.guard import MARK
from stack.record import Record
from tests.stack.doctor.conftest import serving, verdicts, wrong


@pytest.fixture
def orphan():
    """A process that carries a mesh's mark; its pid and the mark."""
    mark = uuid.uuid4().hex
    command = [sys.executable, "-I", "-S", "-c", "import sys; print('born', flush=True); sys.stdin.read()"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env={**os.environ, MARK: mark}, **pipes) as process:
        assert process.stdout.readline() == b"born\n"
        yield process.pid, mark
        process.stdin.close()


def test_a_process_whose_mesh_was_killed_is_named(patient, orphan):
    pid, mark = orphan
    (found,) = wrong(leftovers.leftovers(replace(patient, record=Record(mark=mark))))
    assert str(pid) in found.detail
    assert "qpo down" in found.fix


def test_the_processes_of_a_mesh_that_runs_are_no_leftovers(running, orphan):
    assert not wrong(leftovers.leftovers(running(mark=orphan[1])))


def test_half_a_restore_is_warned_of(patient):
    (patient.layout.root / ".restoring-x").mkdir()
    assert verdicts(leftovers.leftovers(patient)) == ["warning"]


def test_a_clean_folder_is_fine(patient):
    assert verdicts(leftovers.leftovers(patient)) == ["fine"]


@pytest.mark.parametrize(
    ("part", "verdict"),
    [
        (PartStatus("ml", State.FAILED, "127.0.0.1:1", detail="not serving"), ["wrong"]),
        (PartStatus("ml", State.READY, "127.0.0.1:1", restarts=9), ["warning", "fine"]),
        (PartStatus("ml", State.READY, "127.0.0.1:1"), ["fine"]),
    ],
)
def test_a_part_that_does_not_answer_or_dies_often_is_told(running, monkeypatch, part, verdict):
    monkeypatch.setattr(elsewhere, "status", lambda _: MeshStatus(True, 1, "", [part]))
    assert verdicts(leftovers.parts(running())) == verdict


def test_an_edge_that_reaches_not_every_service_is_wrong():
    with serving(pages={"/health": b"{}"}) as url:
        found = wrong(examine_edge(url))
    assert [each.check for each in found] == ["edge"]
    assert "/ready answers 404" in found[0].detail


def test_an_edge_that_does_not_answer_is_never_taken_for_fine():
    found = [each for each in examine_edge("http://127.0.0.1:1") if each.check in ("edge", "clocks", "contracts")]
    assert verdicts(found) == ["unknown"] * 3
