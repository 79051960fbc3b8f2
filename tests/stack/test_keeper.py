"""How soon a part that died is started again, and that none outlives its keeper."""

import sys
import threading
from dataclasses import dataclass, field

import pytest

from stack import keeper
from stack.events import State
from stack.guardian import Guardian
from stack.keeper import Board, Keeper
from stack.part import CannotStart, Command
from stack.starter import Starter


@dataclass
class Mortal:
    """Ready at once, and soon dead."""

    name: str = "mortal"
    address: str = "nowhere"
    port: int | None = None
    needs: tuple[str, ...] = ()
    command: Command = field(default_factory=lambda: Command((sys.executable, "-I", "-S", "-c", "")))

    def prepare(self) -> None: ...

    def settle(self) -> None: ...

    def probe(self) -> None: ...


def pauses(tmp_path, monkeypatch, calm, count):
    """How long each of so many restarts was put off; 0 if it was not."""
    monkeypatch.setattr(keeper, "CALM", calm)
    seen, lives = [], []
    board = Board(lambda status: None)

    def paused(_, seconds):
        seen.append(seconds)

    monkeypatch.setattr(Keeper, "pause", paused)

    def born(self, *arguments):
        if len(lives) == count:
            board.stop()
        lives.append(1)
        return spawned(self, *arguments)

    spawned = Keeper._spawn
    monkeypatch.setattr(Keeper, "_spawn", born)
    with Guardian("test") as guardian, Starter("test") as starter:
        one = Keeper(Mortal(), tmp_path / "log", starter, guardian, board)
        one.start()
        one._thread.join(20)
        assert not one._thread.is_alive()
    return seen


def test_what_had_served_when_it_was_killed_is_started_again_at_once_however_often(tmp_path, monkeypatch):
    assert pauses(tmp_path, monkeypatch, calm=-1.0, count=6) == []


@pytest.mark.parametrize("count", [3, 7])
def test_what_dies_as_soon_as_it_is_ready_is_put_off_twice_as_long_each_time_up_to_a_limit(
    tmp_path, monkeypatch, count
):
    expected = [min(keeper.FIRST_PAUSE * 2**n, keeper.LONGEST_PAUSE) for n in range(count)]
    assert pauses(tmp_path, monkeypatch, calm=1e9, count=count) == expected


class Lasting(Mortal):
    """Ready as soon as it may be, and alive until it is ended."""

    def __init__(self, ready=None) -> None:
        super().__init__(command=Command((sys.executable, "-I", "-S", "-c", "import signal; signal.pause()")))
        self.asked, self.ready = threading.Event(), ready

    def probe(self) -> None:
        self.asked.set()
        if self.ready:
            self.ready.wait(20)


@pytest.mark.timeout(60)
def test_a_part_that_is_stopped_while_it_is_succeeded_leaves_neither_process(tmp_path):
    board, born, outcome = Board(lambda status: None), [], []
    with Guardian("test") as guardian, Starter("test") as starter:
        one = Keeper(Lasting(), tmp_path / "log", starter, guardian, board)
        one.start()
        one.await_ready(20)
        born.append(one._child)
        next_one = Lasting(threading.Event())

        def succeed():
            try:
                one.succeed(lambda generation: next_one)
            except CannotStart as reason:
                outcome.append(str(reason))

        succeeding = threading.Thread(target=succeed)
        succeeding.start()
        assert next_one.asked.wait(20)
        (successor,) = one._leaving
        born.append(successor)
        say = one._say

        def said(state, *more, **named):
            say(state, *more, **named)
            # Whoever stops has seen what runs, and ends what is to follow next: in between that would take over.
            if state is State.STOPPING:
                next_one.ready.set()
                succeeding.join(20)

        one._say = said
        board.stop()
        stopping = threading.Thread(target=one.stop, daemon=True)
        stopping.start()
        stopping.join(20)
        assert not stopping.is_alive()
        assert not succeeding.is_alive()
        assert outcome == ["mortal ends, and is not succeeded"]
        assert [child.wait(0) is not None for child in born] == [True, True]
