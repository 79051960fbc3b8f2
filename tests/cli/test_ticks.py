import json
import signal
import subprocess
import sys


def test_a_watch_goes_on_behind_its_cursor_when_the_server_ends_the_stream(me):
    said = me("ticks", "watch", "mine", "--seconds", "0.5", "-o", "json")
    assert said.code == 0
    frames = [json.loads(line) for line in said.out.splitlines()]
    assert frames[0]["snapshot"]
    seqs = [frame["ticks"][0]["seq"] for frame in frames]
    assert seqs == list(range(len(seqs)))


def test_a_watch_ends_with_its_counts(me):
    said = me("ticks", "watch", "mine", "--seconds", "0.3")
    assert "ticks of 1 symbols" in said.out
    assert "overtaken" in said.out


def test_ctrl_c_ends_a_watch_cleanly(me):
    command = [sys.executable, "-m", "clients.cli", "ticks", "watch", "mine", "-o", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "Traceback" not in err


def test_a_replay_is_started_looked_at_and_stopped(me):
    replay = me("ticks", "replay", "mine", "--speed", "20", "-o", "json").json["replay"]
    assert replay["speed"] == 20
    assert "3 of 100 sessions" in me("ticks", "status", replay["id"]).out
    assert "stopped" in me("ticks", "stop", replay["id"]).out
