"""`python -m tests.drill`: kill -9 every process of the mesh at random, under load, and check that nothing came of it.

What a kill proves, and what it does not: kill -9 leaves the kernel's page cache, so that it shows the crash
consistency of *processes*. It does not show what a power cut leaves; for that the settings stand in (PostgreSQL with
fsync and synchronous_commit on, Redis with an append-only file synced before every answer). Nothing here delays, cuts
or reorders the network, and one machine has one clock.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path

from rich.console import Console

from tests.drill.drill import Plan, drill
from tests.drill.history import read
from tests.drill.report import report_of, show


def main() -> int:
    """Drills, reports; 1 on any violation."""
    asked = _parser().parse_args()
    console = Console()
    asked.out.mkdir(parents=True, exist_ok=True)
    history = asked.out / f"history-{asked.seed}.jsonl"
    plan = Plan(asked.kills, asked.seed, asked.replicas, asked.rate)
    began = time.monotonic()

    def tell(text: str) -> None:
        console.print(f"[{time.monotonic() - began:6.1f} s] {text}", markup=False)

    asyncio.run(drill(plan, history, tell))
    report = report_of(read(history))
    report |= {"seed": plan.seed, "replicas": plan.replicas, "seconds": round(time.monotonic() - began, 1)}
    (asked.out / f"report-{asked.seed}.json").write_text(json.dumps(report, indent=2) + "\n")
    show(report, console)
    console.print(f"history and report in {asked.out}")
    return 0 if report["passed"] else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.drill", description="Kill every process, check every promise."
    )
    parser.add_argument("--kills", type=int, default=300, help="processes to kill (300)")
    parser.add_argument("--seed", type=int, default=1, help="deals the kinds, the pauses and the load (1)")
    parser.add_argument("--replicas", type=int, default=1, help="processes of each service (1)")
    parser.add_argument("--rate", type=float, default=20.0, help="calls per second of all clients together (20)")
    parser.add_argument("--out", type=Path, default=Path("out/drill"), help="folder of history and report (out/drill)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
