"""Work in a process of its own that is ended once it has used up its CPU time."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from benchmarks import cpu

_LOOK_EVERY = 0.2

Tell = Callable[[Any], None]


class NothingMeasured(Exception):
    """The work failed: its process ended before it said anything, and told why on standard error."""


def told(work: Callable[[Tell], None], cap: float) -> list[Any]:
    """What the work tells until it ends, or is ended after `cap` seconds of CPU: then it may be nothing.

    Raises NothingMeasured.
    """
    # Forked: the data are there already, and what one contender leaves in memory does not slow the next.
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    process = fork.Process(target=work, args=(theirs.send,))
    process.start()
    theirs.close()
    found = list(_received(ours, process, cap))
    process.join()
    if not found and process.exitcode != -9:
        raise NothingMeasured(f"it ended with {process.exitcode}")
    return found


def _received(pipe: Connection, process: BaseProcess, cap: float) -> Iterator[Any]:
    """Yield what is sent until the process ends, or has used up its time and is ended."""
    # The kernel could watch the limit, but with one set its clock of a process goes in steps of a tick.
    assert process.pid is not None
    while True:
        while not pipe.poll(_LOOK_EVERY):
            if process.is_alive() and cpu.seconds([process.pid]) > cap:
                process.kill()
        try:
            yield pipe.recv()
        except EOFError:
            return
