import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from stack.guard import MARK
from stack.layout import ROOT
from stack.part import Command
from stack.starter import UNKNOWN, Preload, Starter

PROGRAM = Command((sys.executable, "-m", "tests.stack.child", "7"), {"GIVEN": "word"}, ROOT)


@pytest.fixture
def starter(tmp_path):
    with Starter("mark", Preload(("colorsys", "no.such.module"), {}, tmp_path / "preloaded.log")) as ready:
        yield ready


@contextlib.contextmanager
def started(starter, log, command=PROGRAM):
    """The process and what it told of itself."""
    starter.prepare(command)
    with log.open("wb") as output:
        process = starter.start(command, output)
    try:
        yield process, told(log)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)


def told(log):
    deadline = time.monotonic() + 20
    while not log.read_text().endswith("\n"):
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.01)
    return json.loads(log.read_text())


def preloaded_of(fork):
    return psutil.Process(psutil.Process(fork.pid).ppid())


def killed(process):
    process.kill()
    deadline = time.monotonic() + 10
    while process.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_fork_differs_from_a_spawned_program_by_its_parent_and_its_imports_alone(starter, tmp_path):
    with (
        started(starter, tmp_path / "forked") as (fork, forked),
        started(Starter("mark"), tmp_path / "spawned") as (process, spawned),
    ):
        assert forked.pop("session") == fork.pid
        assert spawned.pop("session") == process.pid
        assert forked.pop("parent") != os.getpid() == spawned.pop("parent")
        assert forked.pop("has_preloaded")
        assert not spawned.pop("has_preloaded")
        assert forked == spawned
    assert forked["environment"]["GIVEN"] == "word"
    assert forked["environment"][MARK] == "mark"


def test_a_second_fork_has_none_of_the_firsts_files(starter, tmp_path):
    with started(starter, tmp_path / "a") as (_, first), started(starter, tmp_path / "b") as (_, second):
        assert first["files"] == second["files"]


@pytest.mark.parametrize(("wish", "status"), [(signal.SIGTERM, 7), (signal.SIGKILL, -signal.SIGKILL)])
def test_the_owner_sees_the_status_that_a_fork_ends_with(starter, tmp_path, wish, status):
    with started(starter, tmp_path / "log") as (fork, _):
        assert fork.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            fork.wait(0.01)
        fork.send_signal(wish)
        assert fork.wait(10) == status
        assert fork.poll() == status
        fork.send_signal(signal.SIGKILL)


def test_a_program_that_fails_ends_with_its_words_in_its_own_log(starter, tmp_path):
    command = Command((sys.executable, "-m", "tests.stack.no_such_module"), {}, ROOT)
    starter.prepare(command)
    with (tmp_path / "log").open("wb") as output:
        assert starter.start(command, output).wait(10) == 1
    assert "No module named tests.stack.no_such_module" in (tmp_path / "log").read_text()


def test_a_fork_outlives_what_it_was_forked_from_and_the_next_is_forked_again(starter, tmp_path):
    with started(starter, tmp_path / "first") as (fork, _):
        preloaded = preloaded_of(fork)
        killed(preloaded)
        with started(starter, tmp_path / "second") as (_, second):
            assert second["has_preloaded"]
            assert second["parent"] != preloaded.pid
        assert fork.poll() is None
        fork.send_signal(signal.SIGTERM)
        assert fork.wait(10) == UNKNOWN


def test_a_start_in_the_instant_of_that_death_is_an_ordinary_one(starter, tmp_path):
    with started(starter, tmp_path / "first") as (fork, _):
        killed(preloaded_of(fork))
        with (tmp_path / "second").open("wb") as output:
            process = starter.start(PROGRAM, output)
        assert told(tmp_path / "second")["parent"] == os.getpid()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 7


def test_nothing_is_forked_where_an_import_has_started_a_thread(tmp_path):
    log = tmp_path / "preloaded.log"
    with (
        Starter("mark", Preload(("tests.stack.threaded",), {}, log)) as starter,
        started(starter, tmp_path / "log") as (_, facts),
    ):
        assert facts["parent"] == os.getpid()
    assert "started a thread" in log.read_text()


def test_a_program_that_is_no_module_is_never_forked(starter, tmp_path):
    command = Command((sys.executable, "-c", "import os; print(os.getppid(), flush=True)"))
    starter.prepare(command)
    with (tmp_path / "log").open("wb") as output:
        assert starter.start(command, output).wait(10) == 0
    assert (tmp_path / "log").read_text().strip() == str(os.getpid())


def test_no_fork_is_left_to_make_once_the_starter_is_closed(tmp_path):
    with (
        Starter("mark", Preload(("colorsys",), {}, tmp_path / "x")) as starter,
        started(starter, tmp_path / "log") as (
            fork,
            _,
        ),
    ):
        preloaded = preloaded_of(fork)
        fork.send_signal(signal.SIGTERM)
        assert fork.wait(10) == 7
    assert not preloaded.is_running()
