"""Becomes any service, its imports already made: `python -m stack.preloaded MODULE…`, orders on standard input.

Every service imports the same second's worth of libraries. This process imports them once; for each order it forks,
and the fork runs the ordered module as `python -m` would, in a session of its own. So a mesh pays the imports once
instead of five times, and a service that died is back without paying them again.

A fork copies one thread: nothing is made here that has threads, and if an import starts one all the same this
process ends, and services are started in the ordinary way.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import select
import socket
import struct
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

WARM = b"warm"
NUMBER = struct.Struct("<i")
_LARGEST_ORDER = 1 << 20  # bytes; an order carries a whole environment


@dataclass(frozen=True, slots=True)
class Order:
    """What a fork is to become. Its output file and the socket for its report are sent along."""

    module: str
    arguments: Sequence[str]
    environment: dict[str, str]
    directory: str

    def send(self, orders: socket.socket, output: int, report: int) -> None:
        """Sends the order and its two open files."""
        socket.send_fds(orders, [json.dumps(asdict(self)).encode()], [output, report])


class Server:
    """Forks once per order; tells the status that each fork ends with to whoever ordered it."""

    def __init__(self, orders: socket.socket) -> None:
        self._orders = orders
        self._children: dict[int, tuple[int, socket.socket]] = {}  # by pidfd

    def serve(self) -> Order | None:
        """Returns the order in its fork; None in the server itself, once nobody is left to order."""
        while True:
            for ready in select.select([self._orders.fileno(), *self._children], [], [])[0]:
                if ready in self._children:
                    self._bury(ready)
                    continue
                body, files, _, _ = socket.recv_fds(self._orders, _LARGEST_ORDER, 2)
                if not body:
                    return None
                if self._fork(*files):
                    return Order(**json.loads(body))

    def _fork(self, output: int, report: int) -> bool:
        """Forks; True in the fork, which has told its own birth and let go of all that is the server's."""
        told = socket.socket(fileno=report)
        if pid := os.fork():
            os.close(output)
            self._children[os.pidfd_open(pid)] = (pid, told)
            return False
        os.setsid()
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        for handle, (_, other) in self._children.items():
            os.close(handle)
            other.close()
        self._orders.detach()
        _silence_input()
        _tell_birth(told)
        return True

    def _bury(self, handle: int) -> None:
        pid, report = self._children.pop(handle)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        # Whoever ordered it may be gone.
        with contextlib.suppress(OSError):
            report.send(NUMBER.pack(status))
        report.close()
        os.close(handle)


def become(order: Order) -> None:
    """Runs the ordered module in this process, as `python -m` does."""
    _retitle([sys.executable, "-m", order.module, *order.arguments])
    os.environ.clear()
    os.environ.update(order.environment)
    os.chdir(order.directory)
    sys.path[0] = order.directory
    sys.argv[1:] = order.arguments
    runpy.run_module(order.module, run_name="__main__", alter_sys=True)


def warm(modules: Sequence[str]) -> None:
    """Imports what is there of `modules`. What is made here is shared by all forks, so it is never collected."""
    gc.disable()
    for module in modules:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    gc.enable()
    gc.freeze()


def _retitle(words: Sequence[str]) -> None:
    """Shows `words` as the command line, where the kernel keeps it (proc_pid_stat(5), arg_start and arg_end)."""
    start, end = map(int, Path("/proc/self/stat").read_text().rpartition(")")[2].split()[45:47])
    line = b"\0".join(word.encode() for word in words)[: end - start - 1]
    ctypes.memmove(start, line.ljust(end - start, b"\0"), end - start)


def _tell_birth(told: socket.socket) -> None:
    """Tells this process's pid and gives a handle of it; itself, so that no fork runs that nobody knows of."""
    handle = os.pidfd_open(os.getpid())
    socket.send_fds(told, [NUMBER.pack(os.getpid())], [handle])
    os.close(handle)
    told.close()


def _silence_input() -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def main(modules: Sequence[str]) -> None:
    """Imports `modules`, says so, and takes orders until their socket is closed."""
    orders = socket.socket(fileno=0)
    warm(modules)
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        sys.exit("an import started a thread: no fork is safe")
    # A system without such handles ends this process here, before anything is forked.
    os.close(os.pidfd_open(os.getpid()))
    orders.send(WARM)
    order = Server(orders).serve()
    if order is not None:
        become(order)


if __name__ == "__main__":
    main(sys.argv[1:])
