"""Room on the disk, in memory and for files, and what it looks like when there is none."""

import os
import resource
import subprocess
import sys
from types import SimpleNamespace

import pytest

from stack.doctor import room
from stack.events import PartStatus, State
from tests.stack.doctor.conftest import verdicts, wrong

GIB = 1 << 30
HOLDER = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
held = [os.open(os.devnull, os.O_RDONLY) for _ in range(56)]
print("held", flush=True)
sys.stdin.read()
"""


def file_system(free, inodes=1_000_000):
    return lambda _: SimpleNamespace(f_bavail=free // 4096, f_frsize=4096, f_files=2_000_000, f_favail=inodes)


@pytest.mark.parametrize(("free", "verdict"), [(GIB // 2, "wrong"), (2 * GIB, "warning"), (50 * GIB, "fine")])
def test_a_disk_is_judged_by_what_is_left(patient, free, verdict):
    assert verdicts(room.disk(patient, file_system(free))) == [verdict]


def test_a_disk_that_can_hold_no_more_files_is_wrong(patient):
    assert len(wrong(room.disk(patient, file_system(50 * GIB, inodes=9)))) == 1


def test_of_a_state_folder_that_is_not_there_yet_its_parent_s_disk_is_looked_at(patient):
    seen = []
    patient.layout.state.parent.joinpath("run").rmdir()
    for folder in ("logs", "data", "secrets", ""):
        patient.layout.root.joinpath(folder).rmdir()
    list(room.disk(patient, lambda folder: seen.append(folder) or os.statvfs(folder)))
    assert seen == [str(patient.layout.root.parent)]


def test_memory_for_a_mesh_is_asked_for_before_its_start_and_less_while_it_runs(patient, running):
    assert verdicts(room.memory(patient, lambda: GIB // 2)) == ["wrong"]
    assert verdicts(room.memory(running(), lambda: GIB // 2)) == ["fine"]
    assert verdicts(room.memory(running(), lambda: GIB // 8)) == ["wrong"]


def test_a_container_s_limit_counts_less_what_it_holds_and_cannot_give_back(tmp_path):
    for name, text in {"max": "1000", "current": "900", "stat": "anon 600\ninactive_file 300"}.items():
        (tmp_path / f"memory.{name}").write_text(text)
    assert room._left_in_group(tmp_path) == [400]


@pytest.mark.parametrize(("limit", "verdict"), [(256, "wrong"), (1024, "warning"), (65_536, "fine")])
def test_a_limit_of_open_files_is_judged(patient, limit, verdict):
    assert verdicts(room.files(patient, limit)) == [verdict]


def test_no_limit_of_open_files_is_fine(patient):
    assert verdicts(room.files(patient, resource.RLIM_INFINITY)) == ["fine"]


def test_a_part_that_has_nearly_all_its_files_open_is_named(running):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", HOLDER], **pipes) as holder:
        assert holder.stdout.readline() == "held\n"
        part = PartStatus("portfolio", State.READY, "127.0.0.1:7002", pid=holder.pid)
        (found,) = wrong(room.files(running(parts=(part,)), 65_536))
        holder.stdin.close()
    assert "portfolio has" in found.detail
