"""The verdicts on a run, one per invariant; each a pure function of what was seen, stored and logged."""

from __future__ import annotations

from tests.drill.checkers.jobs import jobs_end_once
from tests.drill.checkers.lost_writes import lost_writes
from tests.drill.checkers.once import each_once
from tests.drill.checkers.own_reads import own_reads
from tests.drill.checkers.replay import log_replays
from tests.drill.checkers.strangers import no_strangers
from tests.drill.checkers.versions import linear_versions
from tests.drill.checkers.weights import whole_weights
from tests.drill.history import Checker, Run, Violation

CHECKERS: dict[str, Checker] = {
    "I1 no acknowledged write is lost": lost_writes,
    "I2 each request takes effect once": each_once,
    "I3 weights and cash sum to 1.000000": whole_weights,
    "I4 versions are linear, etags compared": linear_versions,
    "I5 a job ends exactly once": jobs_end_once,
    "I6 the log replays to the rows": log_replays,
    "I7 one reads one's own writes": own_reads,
    "I8 nobody sees another's portfolio": no_strangers,
}


def verdict(run: Run) -> list[Violation]:
    """Every violation that any checker finds."""
    return [violation for checker in CHECKERS.values() for violation in checker(run)]
