"""CPU time of a piece of work, in a process of its own that is ended at a limit."""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from benchmarks import cpu

# Seconds of CPU: a contender that needs more is not waited for.
CAP = 60.0
# After so many seconds of CPU a median of fewer rounds has to do.
ENOUGH = 15.0
_LOOK_EVERY = 0.2


class NothingMeasured(Exception):
    """The work failed: its process ended without one measurement, and said why on standard error."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Median seconds of CPU; of work that did not end once within the cap, the cap."""

    seconds: float
    capped: bool = False


def cost(work: Callable[[], object], rounds: int, cap: float = CAP) -> Cost:
    """The median over `rounds` after one that is not counted, or over those that there was time for.

    Raises NothingMeasured.
    """
    # Forked: the data are there already, and what one contender leaves in memory does not slow the next.
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)
    process = fork.Process(target=_run, args=(work, rounds, theirs))
    process.start()
    theirs.close()
    found = list(_received(ours, process, cap))
    process.join()
    if found:
        return Cost(statistics.median(found[1:] or found))
    if process.exitcode != -9:
        raise NothingMeasured(f"it ended with {process.exitcode}")
    return Cost(cap, capped=True)


def _run(work: Callable[[], object], rounds: int, pipe: Connection) -> None:
    """Send the seconds of each round, of two at least."""
    begun = time.process_time()
    for done in range(1 + rounds):
        if done >= 2 and time.process_time() - begun > ENOUGH:
            return
        began = time.process_time()
        work()
        pipe.send(time.process_time() - began)


def _received(pipe: Connection, process: BaseProcess, cap: float) -> Iterator[float]:
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
