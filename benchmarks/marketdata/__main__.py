"""`make bench-marketdata`: prints one line per figure, `name value unit`; with --results writes them down."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.marketdata import fanout, ingest, range_read, stalled
from benchmarks.marketdata.report import written

_PARTS = ("ingest", "range_read", "crowd", "stalled")


def main() -> int:
    """Measures what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.marketdata", description="Measure market data.")
    parser.add_argument("--quick", action="store_true", help="little of each")
    parser.add_argument("--only", nargs="+", choices=_PARTS, default=_PARTS, help="some parts")
    parser.add_argument("--results", type=Path, help="folder of marketdata.json and marketdata.md")
    wanted = parser.parse_args()
    quick = wanted.quick
    parts = {
        "ingest": lambda: ingest.figures(20_000 if quick else 300_000),
        "range_read": lambda: range_read.figures(20 if quick else 252),
        "crowd": lambda: fanout.figures(1, 2.0, 100) if quick else fanout.figures(9, 5.0),
        "stalled": lambda: stalled.figures(50 if quick else 1000, 2.0 if quick else 10.0),
    }
    found = list[Figure]()
    for name in wanted.only:
        sys.stderr.write(f"{name} …\n")
        for figure in parts[name]():
            print(figure.line(), flush=True)
            found.append(figure)
    if wanted.results:
        written(found, wanted.results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
