"""CPU time of a piece of work, in a process of its own that is ended at a limit."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.child import NothingMeasured, Tell, told

__all__ = ["CAP", "Cost", "NothingMeasured", "cost"]

# Seconds of CPU: a contender that needs more is not waited for.
CAP = 60.0
# After so many seconds of CPU a median of fewer rounds has to do.
ENOUGH = 15.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Median seconds of CPU; of work that did not end once within the cap, the cap."""

    seconds: float
    capped: bool = False


def cost(work: Callable[[], object], rounds: int, cap: float = CAP) -> Cost:
    """The median over `rounds` after one that is not counted, or over those that there was time for.

    Raises NothingMeasured.
    """

    def run(tell: Tell) -> None:
        """Tell the seconds of each round, of two at least."""
        begun = time.process_time()
        for done in range(1 + rounds):
            if done >= 2 and time.process_time() - begun > ENOUGH:
                return
            began = time.process_time()
            work()
            tell(time.process_time() - began)

    found = told(run, cap)
    return Cost(statistics.median(found[1:] or found)) if found else Cost(cap, capped=True)
