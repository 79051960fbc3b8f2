import json
import signal
import subprocess
import sys
import threading

import pytest
import yaml

from clients.cli.spoken import wants_json, with_seconds
from clients.cli.watching import again


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (["show", "x", "--watch"], ["show", "x", "--watch=2"]),
        (["show", "--watch", "5", "x"], ["show", "--watch=5", "x"]),
        (["show", "--watch", "x"], ["show", "--watch=2", "x"]),
        (["show", "--watch=0.5", "x"], ["show", "--watch=0.5", "x"]),
        (["show", "--watch", "-o", "json"], ["show", "--watch=2", "-o", "json"]),
        (["call", "--", "--watch"], ["call", "--", "--watch"]),
        ([], []),
    ],
)
def test_seconds_are_what_follows_watch_only_if_they_are_a_number(typed, read):
    assert with_seconds(typed) == read


@pytest.mark.parametrize("flags", [["-o", "json"], ["-o=json"], ["-ojson"], ["--output=yaml"], ["--output", "yaml"]])
def test_a_format_for_programs_is_recognized_however_it_is_typed(flags):
    assert wants_json(["whoami", *flags])


@pytest.mark.parametrize("flags", [[], ["-o", "table"], ["json"]])
def test_a_format_for_people_is_none_for_programs(flags):
    assert not wants_json(["whoami", *flags])


def test_it_asks_until_it_is_told_to_stop():
    struck = threading.Event()
    seen = []
    for answer in again(lambda: len(seen), 0.0, struck):
        seen.append(answer)
        if answer == 3:
            struck.set()
    assert seen == [0, 1, 2, 3]


def test_it_stops_by_itself_when_nothing_more_can_happen():
    answers = iter([1, 2, 3, 4])
    assert list(again(lambda: next(answers), 0.0, threading.Event(), lambda answer: answer == 3)) == [1, 2, 3]


def test_in_a_pipe_each_look_is_a_line_and_ctrl_c_ends_it(me, portfolio):
    command = [sys.executable, "-m", "clients.cli", "portfolio", "show", portfolio["id"], "--watch", "0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        looks = [json.loads(process.stdout.readline()) for _ in range(3)]
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert not err
    assert {look["portfolio"]["id"] for look in looks} == {portfolio["id"]}


def test_a_replay_is_watched_to_its_end(me):
    said = me("ticks", "status", "00000000-0000-0000-0000-000000000007", "--watch", "0.01")
    assert json.loads(said.out)["replay"]["state"] == "REPLAY_STATE_FINISHED"


def test_as_yaml_each_look_is_a_document(me):
    said = me("ticks", "status", "00000000-0000-0000-0000-000000000007", "--watch", "0.01", "-o", "yaml")
    assert [look["replay"]["state"] for look in yaml.safe_load_all(said.out)] == ["REPLAY_STATE_FINISHED"]


def test_on_a_terminal_the_table_is_redrawn_in_place(me, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    said = me("ticks", "status", "00000000-0000-0000-0000-000000000007", "--watch", "0.01")
    assert "again every 0.01 s until Ctrl-C" in said.out
    assert "3 of 100 sessions" in said.out


def test_a_refusal_ends_the_watch_with_its_exit_code(me):
    assert me("portfolio", "show", "00000000-0000-0000-0000-00000000ffff", "--watch").code == 15
