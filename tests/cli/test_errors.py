import subprocess
import sys

import grpc
import pytest

from clients.cli import __main__ as program
from clients.cli.problem import FIRST_STATUS


def test_a_dead_edge_is_one_sentence_and_a_cure(me):
    said = me("whoami", "--edge", "http://127.0.0.1:1", "--timeout", "5")
    assert said.code == 24
    assert "the edge does not answer" in said.err
    assert "qpo up" in said.err
    assert "Traceback" not in said.err


def test_who_calls_too_often_is_told_when_to_come_again(me):
    said = me("audit", "list", "--result", "TOO_OFTEN")
    assert said.code == 18
    assert "you have called this too often: one may 600 per minute" in said.err
    assert "try again in 41.5 s" in said.err


def test_an_address_that_is_none_is_a_local_error(qpo):
    said = qpo("login", "me@example.com", "--edge", "ftp://x")
    assert said.code == 1
    assert "http://127.0.0.1:8080" in said.err


@pytest.mark.parametrize("line", [("nosuch",), ("portfolio", "get"), ("whoami", "-o", "xml"), ("whoami", "--nosuch")])
def test_a_line_that_is_not_understood_exits_with_two(qpo, line):
    assert qpo(*line).code == 2


def test_every_grpc_status_has_its_own_exit_code_below_128():
    codes = [FIRST_STATUS + code.value[0] for code in grpc.StatusCode if code is not grpc.StatusCode.OK]
    assert len(set(codes)) == len(codes)
    assert min(codes) > 10 and max(codes) < 128


def test_the_help_documents_every_exit_code(qpo):
    help_text = qpo("--help").out
    for code in grpc.StatusCode:
        if code not in (grpc.StatusCode.OK, grpc.StatusCode.DATA_LOSS):
            assert code.name in help_text
            assert str(FIRST_STATUS + code.value[0]) in help_text


def test_what_nobody_foresaw_is_told_without_a_stack_trace(qpo, monkeypatch):
    def broken(arguments):
        raise RuntimeError("a surprise")

    monkeypatch.setattr(program, "build", broken)
    said = qpo("whoami")
    assert said.code == 1
    assert "a surprise" in said.err
    assert "Traceback" not in said.err


def test_ctrl_c_exits_as_shells_have_it(qpo, monkeypatch):
    def interrupted(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "build", interrupted)
    assert qpo("whoami").code == 130


STRUCK_IN_TEXT = """
import clients.cli.__main__ as program

def struck(arguments):
    exec("raise KeyboardInterrupt")

program.build = struck
program.main()
"""


def test_ctrl_c_in_the_middle_of_an_import_exits_alike(tmp_path):
    (tmp_path / "struck.py").write_text(STRUCK_IN_TEXT)
    done = subprocess.run([sys.executable, "-m", "struck"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 130, done.stderr


def test_a_reader_that_has_enough_is_no_accident(me):
    command = [sys.executable, "-m", "clients.cli", "ticks", "watch", "mine", "-o", "json", "--seconds", "5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
    assert process.returncode == 1
    assert not err


@pytest.mark.parametrize(
    "noun", [(), ("prices",), ("portfolio",), ("optimize",), ("ticks",), ("frontier",), ("login",)]
)
def test_every_noun_explains_itself(qpo, noun):
    said = qpo(*noun, "--help")
    assert said.code == 0
    assert "Usage: qpo" in said.out
