import os
import signal
import time

from stack.elsewhere import down, status
from tests.stack.conftest import PARTS, await_gone, family, pids, postgres_of


def test_a_signal_ends_everything_cleanly(own, tmp_path):
    owner = own()
    everyone = family(owner.pid)
    began = time.monotonic()
    owner.send_signal(signal.SIGTERM)
    assert owner.wait(20) == 0
    assert time.monotonic() - began < 10
    assert await_gone(everyone, timeout=0) == []
    assert not (tmp_path / "state/data/postgres/postmaster.pid").exists()
    assert not status(tmp_path / "state").running


def test_nothing_outlives_a_killed_owner_and_what_was_stored_is_still_there(own, tmp_path):
    owner = own()
    everyone = family(owner.pid)
    assert set(pids(tmp_path / "state")) == PARTS
    postgres_of(tmp_path / "state").execute("CREATE TABLE kept AS SELECT 42 AS n", database="qpo")
    owner.kill()
    assert await_gone(everyone) == []
    own()
    assert postgres_of(tmp_path / "state").execute("SELECT n FROM kept", database="qpo").strip() == "42"


def test_a_start_ends_what_a_killed_owner_and_a_killed_guard_left(own, tmp_path):
    owner = own()
    everyone = family(owner.pid)
    parts = set(pids(tmp_path / "state").values())
    guard = next(each for each in everyone if any(word.endswith("guard.py") for word in each.cmdline()))
    guard.kill()
    owner.kill()
    owner.wait()
    time.sleep(0.3)
    assert {each.pid for each in everyone if each.is_running()} >= parts
    own()
    assert await_gone(everyone) == []


def test_down_stops_a_mesh_that_another_process_runs(own, tmp_path):
    owner = own()
    everyone = family(owner.pid)
    assert down(tmp_path / "state") is True
    assert owner.wait(5) == 0
    assert await_gone(everyone, timeout=0) == []
    assert down(tmp_path / "state") is False


def test_down_ends_an_owner_that_does_not_listen(own, tmp_path):
    owner = own()
    everyone = family(owner.pid)
    os.kill(owner.pid, signal.SIGSTOP)
    assert down(tmp_path / "state", timeout=1) is True
    assert await_gone(everyone) == []
