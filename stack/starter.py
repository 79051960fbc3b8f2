"""Starts processes: services by a fork of one that has made their imports, everything else in the usual way."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from stack import preloaded
from stack.guard import MARK
from stack.part import Command
from stack.preloaded import NUMBER, WARM, Order
from stack.settings import PREFIX

# What a fork that nobody reported on any more ended with.
UNKNOWN = 255
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Preload:
    """What services are forked with."""

    modules: Sequence[str]
    # What the modules themselves read while they are imported.
    environment: Mapping[str, str]
    # Where it says why it ended.
    log: Path


class Process(Protocol):
    """What is used of subprocess.Popen."""

    @property
    def pid(self) -> int:
        """The process id, which is also its process group."""

    def poll(self) -> int | None:
        """Returns the exit status, None if it still runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the end and returns the exit status. Raises subprocess.TimeoutExpired after `timeout` seconds."""

    def send_signal(self, sig: int, /) -> None:
        """Sends a signal; does nothing once the process has ended."""


class Forked:
    """A fork of the preloaded process, which is its parent and reports its end.

    If the parent is killed the fork lives on, and its end is still seen, though not its status.
    """

    def __init__(self, report: socket.socket) -> None:
        """Waits until it is born. Raises OSError if it cannot be."""
        body, files, _, _ = socket.recv_fds(report, NUMBER.size, 1)
        if not body:
            raise ConnectionResetError("the preloaded process is gone")
        self.pid: int = NUMBER.unpack(body)[0]
        self._handle = files[0]
        self._report = report
        self._lock = threading.Lock()
        self._status: int | None = None

    def poll(self) -> int | None:
        """Returns the exit status, None if it still runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the end and returns the exit status. Raises subprocess.TimeoutExpired after `timeout` seconds."""
        if self._status is None:
            # The handle of a process (pidfd) is readable once it has ended.
            ended = select.poll()
            ended.register(self._handle, select.POLLIN)
            if not ended.poll(None if timeout is None else timeout * 1000):
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            with self._lock:
                if self._status is None:
                    body = self._report.recv(NUMBER.size)
                    self._status = NUMBER.unpack(body)[0] if body else UNKNOWN
        return self._status

    def send_signal(self, sig: int, /) -> None:
        """Sends a signal; does nothing once the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, sig)

    def __del__(self) -> None:
        if hasattr(self, "_handle"):
            os.close(self._handle)


class _Parent:
    """A running preloaded process, as its owner holds it."""

    def __init__(self, preload: Preload, environment: Mapping[str, str]) -> None:
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, preload.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", preloaded.__name__, *preload.modules],
                env=_inherited() | dict(environment),
                cwd=ROOT,
                stdin=theirs.fileno(),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._lock = threading.Lock()
        self._warm: bool | None = None

    def is_warm(self) -> bool:
        """Waits until it has made its imports; False if it ended instead."""
        with self._lock:
            if self._warm is None:
                try:
                    self._warm = self._orders.recv(len(WARM)) == WARM
                except ConnectionResetError:
                    self._warm = False
            return self._warm

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def fork(self, order: Order, output: int) -> Forked:
        """Raises OSError if the process is gone."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            order.send(self._orders, output, theirs.fileno())
        return Forked(ours)

    def close(self) -> None:
        """Lets it go; its forks live on."""
        self._orders.close()
        self._process.wait()


class Starter:
    """Starts the processes of one mesh, each of which carries its mark."""

    def __init__(self, mark: str, preload: Preload | None = None) -> None:
        self._mark = mark
        self._preload = preload
        self._parent: _Parent | None = None
        self._lock = threading.Lock()

    def prepare(self, command: Command) -> None:
        """Waits until `command` can be forked, if it is one to be forked; `start` then waits for nothing."""
        if not _is_ours(command):
            return
        with self._lock:
            if self._preload and (self._parent is None or self._parent.has_ended()):
                self._renew(self._preload)
            parent = self._parent
        if parent and not parent.is_warm():
            # It will not get better by itself.
            self._preload = None

    def start(self, command: Command, output: IO[bytes]) -> Process:
        """Starts `command`. Raises OSError if it cannot be run."""
        if self._parent and self._preload and _is_ours(command):
            # Where the parent was killed a moment ago, the usual way is the next best.
            with contextlib.suppress(OSError):
                return self._parent.fork(self._order(command), output.fileno())
        return subprocess.Popen(
            command.argv,
            env=self._environment(command),
            cwd=command.directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def close(self) -> None:
        """Ends what forks were made from."""
        if self._parent:
            self._parent.close()

    def _renew(self, preload: Preload) -> None:
        if self._parent:
            self._parent.close()
        self._parent = _Parent(preload, {**preload.environment, MARK: self._mark})

    def _order(self, command: Command) -> Order:
        _, _, module, *arguments = command.argv
        return Order(module, arguments, self._environment(command), str(command.directory or Path.cwd()))

    def _environment(self, command: Command) -> dict[str, str]:
        return _inherited() | {**command.environment, MARK: self._mark}

    def __enter__(self) -> Starter:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def _is_ours(command: Command) -> bool:
    """Tells whether it is a module that this Python runs."""
    return command.argv[:2] == (sys.executable, "-m")


def _inherited() -> dict[str, str]:
    """What the stack itself was told is no part's business: urls of stores have passwords."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
