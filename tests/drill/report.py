"""What a run comes to: violations, recovery per kind, the share of calls that were answered."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.drill.checkers import CHECKERS
from tests.drill.history import Run

SHARE = 0.999
SHOWN = 5


def report_of(run: Run) -> dict[str, Any]:
    """All of it, ready for JSON. Recovery in seconds."""
    found = {name: [violation.text for violation in checker(run)] for name, checker in CHECKERS.items()}
    # A mesh that loses a part says so; INTERNAL would say that it did not foresee it.
    internal = sum(call.unforeseen for call in run.calls)
    answered = sum(not call.unknown for call in run.calls)
    return {
        "passed": not any(found.values()) and answered >= SHARE * len(run.calls) and not internal,
        "violations": found,
        "kills": len(run.kills),
        "recovery": _recovery(run),
        "calls": len(run.calls),
        "calls_answered_share": answered / len(run.calls) if run.calls else 0.0,
        "internal_errors": internal,
        "calls_retried": sum(call.lost > 0 for call in run.calls),
        "lost_tries_by_code": dict(Counter(code for call in run.calls for code in call.lost_codes).most_common()),
        "refused_by_reason": dict(Counter(call.reason or call.code for call in run.calls if call.refused)),
        "calls_by_method": dict(Counter(call.method for call in run.calls).most_common()),
        "unanswered": [call.name for call in run.calls if call.unknown][:50],
        "rows": {table: len(rows) for table, rows in run.rows.items()},
        "events": {service: len(log) for service, log in run.log.items()},
        "bus_messages": len(run.bus),
    }


def _recovery(run: Run) -> dict[str, dict[str, float]]:
    kinds = sorted({kill["kind"] for kill in run.kills})
    return {kind: _percentiles([kill["recovered"] for kill in run.kills if kill["kind"] == kind]) for kind in kinds}


def _percentiles(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds)

    def at(share: float) -> float:
        """The nearest rank: the least value that this share does not exceed."""
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    return {"kills": len(ordered), "p50": at(0.5), "p99": at(0.99), "max": ordered[-1]}


def show(report: dict[str, Any], console: Console) -> None:
    """Two tables and a sentence."""
    recovery = Table("killed", "kills", "p50 s", "p99 s", "max s", title="Recovery")
    for kind, each in report["recovery"].items():
        recovery.add_row(kind, str(each["kills"]), *(f"{each[name]:.2f}" for name in ("p50", "p99", "max")))
    console.print(recovery)
    verdicts = Table("invariant", "violations", title="Checkers")
    for name, texts in report["violations"].items():
        verdicts.add_row(name, f"[red]{len(texts)}[/]" if texts else "0")
    console.print(verdicts)
    for name, texts in report["violations"].items():
        for text in texts[:SHOWN]:
            console.print(f"{name}: {text}", markup=False)
    share, kills = f"{report['calls_answered_share']:.3%}", report["kills"]
    if report["internal_errors"]:
        console.print(f"[red]{report['internal_errors']} tries were answered INTERNAL[/]")
    console.print(f"{report['calls']} calls, {report['calls_retried']} retried, {share} answered; {kills} kills")
