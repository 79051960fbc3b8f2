"""One child process: started in a session of its own, its output in a log file, ended by signal."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from stack.guardian import Guardian
from stack.part import CannotStart, Command, NotReady, Part
from stack.starter import Starter


class Child:
    """A started process. Its session and process group have its pid, so the terminal's Ctrl-C never reaches it."""

    def __init__(self, command: Command, log: Path, starter: Starter, guardian: Guardian) -> None:
        """Starts `command` under guard; appends stdout and stderr to `log`. Raises CannotStart if it cannot be run."""
        self._command = command
        self._guardian = guardian
        log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with log.open("ab") as output:
                self._process = starter.start(command, output)
        except OSError as error:
            raise CannotStart(f"cannot run {command.argv[0]}: {error.strerror}") from error
        guardian.watch(self.pid, command.stop_signal)

    @property
    def pid(self) -> int:
        """The process id, which is also its process group."""
        return self._process.pid

    def wait(self, timeout: float | None = None) -> int | None:
        """Returns the exit status once the process has ended, None if it still runs after `timeout` seconds."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def must_hold(self, port: int | None) -> None:
        """Raises NotReady if someone else listens on `port`. Asks nothing if there is none, or the system hides it."""
        if port is None:
            return
        # Imported here: who only asks about a mesh that another process runs needs no list of processes.
        import psutil

        try:
            head = psutil.Process(self.pid)
            sockets = [each for one in (head, *head.children(recursive=True)) for each in one.net_connections("tcp")]
        except psutil.AccessDenied:
            return
        except psutil.NoSuchProcess:
            sockets = []
        if not any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in sockets):
            raise NotReady(f"port {port} is answered by another program")

    def send(self, number: signal.Signals) -> None:
        """Sends a signal, if the process still runs."""
        if self._process.poll() is None:
            self._process.send_signal(number)

    def stop(self, grace: float | None = None) -> None:
        """Asks the process to end, waits for its grace, or the one given, then kills whatever is left of its group."""
        if self._process.poll() is None:
            self._process.send_signal(self._command.stop_signal)
            self.wait(self._command.stop_grace if grace is None else grace)
        self.bury()

    def bury(self) -> None:
        """Kills what is left of the group, children of its own included, and takes it off the guard's list."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._guardian.forget(self.pid)


def await_ready(
    part: Part, child: Child, log: Path, timeout: float = 60.0, given_up: Callable[[], bool] = lambda: False
) -> None:
    """Asks `part` until it is ready, or `given_up`.

    Raises CannotStart if it dies, with the end of its log, or if `timeout` seconds pass.
    """
    deadline = time.monotonic() + timeout
    while not given_up():
        try:
            part.probe()
            child.must_hold(part.port)
        except NotReady as not_yet:
            if (status := child.wait(timeout=0.05)) is not None:
                raise CannotStart(f"{part.name} ended with status {status}:\n{last_lines(log)}") from not_yet
            if time.monotonic() > deadline:
                raise CannotStart(f"{part.name} is not ready after {timeout:.0f} s: {not_yet}") from not_yet
        else:
            return


def last_lines(log: Path, count: int = 15) -> str:
    """Returns the last `count` lines of a log file."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:]) if log.exists() else ""


@contextlib.contextmanager
def running(part: Part, log: Path) -> Iterator[Child]:
    """Runs one part alone, ready when the block is entered and gone when it is left."""
    part.prepare()
    if part.command is None:
        raise CannotStart(f"{part.name} runs elsewhere")
    mark = uuid.uuid4().hex
    with Guardian(mark) as guardian, Starter(mark) as starter:
        child = Child(part.command, log, starter, guardian)
        try:
            await_ready(part, child, log)
            part.settle()
            yield child
        finally:
            child.stop()
