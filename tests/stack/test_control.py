"""Whatever becomes of one request, it is answered, and the next one is too."""

import json
import socket
import threading

import pytest

from stack import control
from stack.control import Control, ask
from stack.part import CannotStart


@pytest.fixture
def path(tmp_path):
    return tmp_path / "socket"


def handled(names, tell):
    tell(f"asked for {' '.join(names)}")
    match names:
        case ["part"]:
            raise CannotStart("there is no such part")
        case ["file"]:
            raise FileNotFoundError(2, "gone")
        case ["bug"]:
            raise KeyError("unforeseen")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("name", "told"), [("part", "there is no such part"), ("file", "FileNotFoundError"), ("bug", "KeyError")]
)
def test_a_request_that_goes_wrong_is_answered_so_and_the_next_is_done(path, name, told):
    with Control(path, handled):
        with pytest.raises(CannotStart, match=told):
            list(ask(path, [name]))
        assert list(ask(path, ["next"])) == ["asked for next"]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("request_", [b"nonsense\n", b"7\n", b"\xff\n", b""])
def test_what_is_no_request_is_no_end_of_requests(path, request_):
    with Control(path, handled):
        with socket.socket(socket.AF_UNIX) as connection, connection.makefile("rb") as lines:
            connection.connect(str(path))
            connection.sendall(request_)
            connection.shutdown(socket.SHUT_WR)
            assert json.loads(lines.readline())["end"] == "failed"
        assert list(ask(path, ["next"])) == ["asked for next"]


@pytest.mark.timeout(20)
def test_whoever_connects_and_says_nothing_keeps_nobody_waiting_for_ever(path, monkeypatch):
    monkeypatch.setattr(control, "_PATIENCE", 0.1)
    with Control(path, handled), socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(path))
        assert list(ask(path, ["next"])) == ["asked for next"]


@pytest.mark.timeout(20)
def test_where_no_connection_can_be_taken_it_is_tried_again(path, monkeypatch):
    monkeypatch.setattr(control, "_PAUSE", 0.01)
    one = Control(path, handled)
    taken = one._socket
    failures = iter([OSError(24, "too many open files")] * 3)

    class Short:
        def __getattr__(self, name):
            return getattr(taken, name)

        def accept(self):
            for failure in failures:
                raise failure
            return taken.accept()

    one._socket = Short()
    with one:
        assert list(ask(path, ["next"])) == ["asked for next"]


@pytest.mark.timeout(20)
def test_whoever_asked_is_told_that_the_mesh_ended_meanwhile(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def cut():
            connection, _ = server.accept()
            connection.sendall(b'{"told": "beg')
            connection.close()

        cutting = threading.Thread(target=cut)
        cutting.start()
        with pytest.raises(CannotStart, match="ended meanwhile"):
            list(ask(path, []))
        cutting.join()
