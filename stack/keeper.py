"""Keeps one part running: starts it when what it needs is ready, again when it dies, and another if asked."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from stack.events import READY_STATES, PartStatus, State
from stack.guardian import Guardian
from stack.part import LEAVE, LEAVING, TIDYING, CannotStart, NotReady, Part
from stack.process import Child, await_ready
from stack.starter import Starter

# A part that dies this often before it was ever ready will not get better by itself.
ATTEMPTS = 3
# What was ready for longer than the calm is started again at once: it was killed, not broken. Else a pause comes first,
# doubled each time up to the longest. Seconds.
FIRST_PAUSE, LONGEST_PAUSE, CALM = 0.25, 10.0, 1.0
# Seconds until a process that is replaced is killed: none that keeps to what it is told needs as long.
PATIENCE = LEAVING + TIDYING


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
        # Processes whose end is wanted, and brings nothing about.
        self._leaving: set[Child] = set()
        # How often the process was succeeded by one that it handed over to, since it was started afresh.
        self._generation = 0
        self._settled = False
        self._status = PartStatus(part.name, State.WAITING, part.address, log=log if part.command else None)
        self._thread = threading.Thread(target=self._run, name=f"keeper-{part.name}", daemon=True)

    def start(self) -> None:
        """Begins; returns at once."""
        self._say(State.WAITING)
        self._thread.start()

    def stop(self) -> None:
        """Ends the part, if it runs, and the thread; the board must have been told to stop before."""
        if self._thread.is_alive() and self._child is not None:
            self._say(State.STOPPING)
        self._end_leaving()
        with self._board.changed:
            # From here on nothing takes its place: until now it may have been succeeded.
            child = self._child
        if child is not None and self._thread.is_alive():
            child.stop()
        if self._thread.ident is not None:
            # Another thread may have taken over meanwhile.
            while (thread := self._thread).is_alive():
                thread.join()
        if self._status.state is not State.FAILED:
            self._say(State.STOPPED)

    def await_ready(self, timeout: float) -> None:
        """Waits until the part is ready. Raises CannotStart if it is not within `timeout` seconds."""
        board = self._board
        with board.changed:
            board.changed.wait_for(lambda: board.stopping or board.is_ready([self.part.name]), timeout)
            if board.stopping or not board.is_ready([self.part.name]):
                raise CannotStart(
                    f"{self.part.name} is {self._status.state.value}: {self._status.detail or 'not ready'}"
                )

    def leave(self) -> Child:
        """Asks the process to say that it leaves, to whoever asks how it is, and returns it; it goes on taking calls.

        Raises CannotStart if there is none.
        """
        child = self.dismiss()
        child.send(LEAVE)
        return child

    def dismiss(self) -> Child:
        """Notes that the end of the process is wanted, and returns it. Raises CannotStart if there is none."""
        with self._board.changed:
            if (child := self._child) is None:
                raise CannotStart(f"{self.part.name} does not run")
            self._leaving.add(child)
        return child

    def replace(self, child: Child) -> None:
        """Ends a process that leaves, once its calls are finished, and waits until another is ready.

        Raises CannotStart if none is; it is tried again and again all the same.
        """
        child.stop(PATIENCE)
        board, deadline = self._board, time.monotonic() + PATIENCE
        with board.changed:
            while not (ready := self._child is not child and board.is_ready([self.part.name])):
                if board.stopping or self._status.state is State.FAILED or time.monotonic() > deadline:
                    break
                board.changed.wait(0.25)
        if not ready:
            raise CannotStart(f"{self.part.name} did not come back: {self._status.detail or self._status.state.value}")

    def succeed(self, make: Callable[[int], Part]) -> None:
        """Starts the part that `make` returns, told how many there were before it, beside the one that runs.

        That one hands over what it listens on, finishes what it has in hand and ends by itself; one before it that has
        not ended yet is waited for, since it would be ended at once. Raises CannotStart if the successor does not
        become ready: then the predecessor goes on.
        """
        board = self._board
        with board.changed:
            board.changed.wait_for(lambda: board.stopping or not self._leaving)
        self.await_ready(PATIENCE)
        predecessor = self._child
        part = make(self._generation + 1)
        part.prepare()
        with board.changed:
            if board.stopping or part.command is None or predecessor is None:
                raise CannotStart(f"{part.name} does not run")
            successor = Child(part.command, self._log, self._starter, self._guardian)
            self._leaving.add(successor)
        try:
            await_ready(part, successor, self._log, given_up=lambda: board.stopping)
            self._take_over(predecessor, successor)
        except CannotStart:
            successor.stop()
            with board.changed:
                self._leaving.discard(successor)
                board.changed.notify_all()
            raise

    def _take_over(self, predecessor: Child, successor: Child) -> None:
        """Makes the successor the process that is kept. Raises CannotStart if none shall be any more, or it is gone."""
        with self._board.changed:
            if self._board.stopping:
                raise CannotStart(f"{self.part.name} ends, and is not succeeded")
            if successor not in self._leaving:
                raise CannotStart(f"{self.part.name} died before it had handed over, and was started again")
            self._leaving ^= {successor, predecessor}
            self._child, self._generation = successor, self._generation + 1
            self._say(State.READY)
            # The thread so far is left to bury the predecessor.
            self._thread = threading.Thread(
                target=self._run, args=(successor,), name=f"keeper-{self.part.name}", daemon=True
            )
            self._thread.start()

    def pause(self, seconds: float) -> None:
        """Waits, unless the board says stop."""
        board = self._board
        with board.changed:
            board.changed.wait_for(lambda: board.stopping, seconds)

    def _run(self, child: Child | None = None) -> None:
        board = self._board
        with board.changed:
            board.changed.wait_for(lambda: board.stopping or board.is_ready(self.part.needs))
        try:
            if self.part.command is None:
                self._await_external()
            else:
                self._keep(child)
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
                self.pause(0.2)
            else:
                self._say(State.EXTERNAL)
                return

    def _keep(self, child: Child | None) -> None:
        """Runs the part until the board says stop, or until another thread does. Raises CannotStart if it never becomes
        ready. `child` is one that is ready already.
        """
        failures, is_ready = 0, child is not None
        while child := child or self._spawn():
            reason, served = self._live(child, is_ready)
            child.bury()
            wanted = self._is_gone(child)
            if self._board.stopping:
                return
            if (successor := self._child) is not child:
                # Envoy insists on ending its predecessor itself: for one that was killed it waits 10 s, in which it
                # asks nobody how they are, and aborts; also when it is asked to end. Better at once.
                if wanted and successor and (child.wait() or 0) < 0:
                    successor.stop(0.0)
                return
            self._end_leaving()
            failures = 0 if wanted or served > CALM else failures + 1
            if not self._settled and failures >= ATTEMPTS:
                raise CannotStart(reason)
            if not wanted:
                self._say(State.RESTARTING, reason, restarts=self._status.restarts + 1)
            if failures:
                self.pause(min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE))
            child, is_ready = None, False

    def _is_gone(self, child: Child) -> bool:
        """Takes a process that ended off those whose end is wanted; tells whether it was."""
        with self._board.changed:
            wanted = child in self._leaving
            self._leaving.discard(child)
            self._board.changed.notify_all()
        return wanted

    def _end_leaving(self) -> None:
        """Ends what a process that died, or is to end, has succeeded or was to be succeeded by."""
        with self._board.changed:
            others = self._leaving - {self._child}
            self._leaving -= others
        for other in others:
            other.stop()

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
            self._child, self._generation = Child(self.part.command, self._log, self._starter, self._guardian), 0
            self._say(State.STARTING)
            return self._child

    def _live(self, child: Child, is_ready: bool) -> tuple[str, float]:
        """Waits until the part is ready, says so, and waits until it ends; returns why, and the seconds it served."""
        try:
            if not is_ready:
                self._await(child)
        except CannotStart as reason:
            child.stop()
            return str(reason), 0.0
        began = time.monotonic()
        return f"{self.part.name} ended with status {child.wait()}", time.monotonic() - began

    def _await(self, child: Child) -> None:
        await_ready(self.part, child, self._log, given_up=lambda: self._board.stopping)
        if not self._board.stopping:
            self.part.settle()
            self._settled = True
            self._say(State.READY)

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
