"""Keeps one part running: starts it when what it needs is ready, and again when it dies."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from stack.events import READY_STATES, PartStatus, State
from stack.guardian import Guardian
from stack.part import CannotStart, NotReady, Part
from stack.process import Child, await_ready
from stack.starter import Starter

# A part that dies this often before it was ever ready will not get better by itself.
ATTEMPTS = 3
# What was ready for longer than the calm is started again at once: it was killed, not broken. Else a pause comes first,
# doubled each time up to the longest. Seconds.
FIRST_PAUSE, LONGEST_PAUSE, CALM = 0.25, 10.0, 1.0


class Board:
    """What all keepers share: the state of every part, and the wish to stop. Guarded by one condition."""

    def __init__(self, report: Callable[[PartStatus], None]) -> None:
        self.changed = threading.Condition()
        self.stopping = False
        self._statuses: dict[str, PartStatus] = {}
        self._report = report

    def put(self, status: PartStatus) -> None:
        """Writes a part's state and reports it; reports never overtake each other."""
        with self.changed:
            self._statuses[status.name] = status
            self._report(status)
            self.changed.notify_all()

    def get(self) -> list[PartStatus]:
        """Returns every part as it is now."""
        with self.changed:
            return list(self._statuses.values())

    def is_ready(self, names: Iterable[str]) -> bool:
        """Returns whether all the named parts are ready."""
        return all(name in self._statuses and self._statuses[name].state in READY_STATES for name in names)

    def stop(self) -> None:
        """Says that nothing is to be started any more."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()


class Keeper:
    """One part and the thread that looks after it."""

    def __init__(self, part: Part, log: Path, starter: Starter, guardian: Guardian, board: Board) -> None:
        self.part = part
        self._log, self._starter, self._guardian, self._board = log, starter, guardian, board
        self._child: Child | None = None
        self._settled = False
        self._status = PartStatus(part.name, State.WAITING, part.address, log=log if part.command else None)
        self._thread = threading.Thread(target=self._run, name=f"keeper-{part.name}", daemon=True)

    def start(self) -> None:
        """Begins; returns at once."""
        self._say(State.WAITING)
        self._thread.start()

    def stop(self) -> None:
        """Ends the part, if it runs, and the thread; the board must have been told to stop before."""
        if self._thread.is_alive() and (child := self._child) is not None:
            self._say(State.STOPPING)
            child.stop()
        if self._thread.ident is not None:
            self._thread.join()
        if self._status.state is not State.FAILED:
            self._say(State.STOPPED)

    def _run(self) -> None:
        board = self._board
        with board.changed:
            board.changed.wait_for(lambda: board.stopping or board.is_ready(self.part.needs))
        try:
            if self.part.command is None:
                self._await_external()
            else:
                self._keep()
        except CannotStart as reason:
            if not board.stopping:
                self._say(State.FAILED, str(reason))

    def _await_external(self) -> None:
        self._say(State.STARTING)
        deadline = time.monotonic() + 60.0
        while not self._board.stopping:
            try:
                self.part.probe()
            except NotReady as not_yet:
                if time.monotonic() > deadline:
                    raise CannotStart(f"{self.part.name} does not answer: {not_yet}") from not_yet
                self._pause(0.2)
            else:
                self._say(State.EXTERNAL)
                return

    def _keep(self) -> None:
        """Runs the part until the board says stop. Raises CannotStart if it never becomes ready."""
        failures = 0
        while (child := self._spawn()) is not None:
            reason, served = self._live(child)
            child.bury()
            failures = 0 if served > CALM else failures + 1
            if self._board.stopping:
                return
            if not self._settled and failures >= ATTEMPTS:
                raise CannotStart(reason)
            self._say(State.RESTARTING, reason, restarts=self._status.restarts + 1)
            if failures:
                self._pause(min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE))

    def _spawn(self) -> Child | None:
        """Starts the process, unless the board says stop; under its lock, so that none is born after that."""
        if self._board.stopping:
            return None
        self.part.prepare()
        if self.part.command is not None:
            self._starter.prepare(self.part.command)
        with self._board.changed:
            if self._board.stopping or self.part.command is None:
                return None
            self._child = Child(self.part.command, self._log, self._starter, self._guardian)
            self._say(State.STARTING)
            return self._child

    def _live(self, child: Child) -> tuple[str, float]:
        """Waits until the part is ready, says so, and waits until it ends; returns why, and the seconds it served."""
        try:
            await_ready(self.part, child, self._log, given_up=lambda: self._board.stopping)
            if not self._board.stopping:
                self.part.settle()
                self._settled = True
                self._say(State.READY)
        except CannotStart as reason:
            child.stop()
            return str(reason), 0.0
        began = time.monotonic()
        return f"{self.part.name} ended with status {child.wait()}", time.monotonic() - began

    def _pause(self, seconds: float) -> None:
        board = self._board
        with board.changed:
            board.changed.wait_for(lambda: board.stopping, seconds)

    def _say(self, state: State, detail: str = "", restarts: int | None = None) -> None:
        runs = state in (State.STARTING, State.READY, State.STOPPING)
        self._status = dataclasses.replace(
            self._status,
            state=state,
            detail=detail,
            since=time.time(),
            pid=self._child.pid if runs and self._child else None,
            restarts=self._status.restarts if restarts is None else restarts,
        )
        self._board.put(self._status)
