"""`make bench-quantum`: prints one line per figure, `name value unit`; progress goes to standard error.

Instances of OR-Library are read from the folder `QPO_ORLIB`, if that is set; synthetic ones of the published sizes take
the place of what is not there, and say so by their names.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from benchmarks.apart import THREADS

NAMES = ("frontier", "circuit", "rescue", "scip")


def main() -> int:
    """Measures what is asked for, prints, and writes the results if told where."""
    wanted = _arguments()
    # Read when numpy is first imported, which is below.
    os.environ.update(dict.fromkeys(THREADS, "1"))
    from benchmarks.quantum import circuits, frontier, rescue, scip
    from benchmarks.quantum.effort import Effort, quick
    from benchmarks.quantum.report import written

    library = os.environ.get("QPO_ORLIB", "")
    effort = quick(library) if wanted.quick else Effort(library)
    measurements = {
        "frontier": frontier.figures,
        "circuit": circuits.figures,
        "rescue": rescue.figures,
        "scip": scip.figures,
    }
    began, found = time.monotonic(), []
    for name in [each for each in NAMES if each in (wanted.only or NAMES)]:
        _say(f"{name} …")
        for figure in measurements[name](effort):
            print(figure.line(), flush=True)
            found.append(figure)
    if wanted.results:
        written(found, wanted.results)
    _say(f"{time.monotonic() - began:.0f} s")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quantum", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small problems: tells that it runs, no more")
    parser.add_argument("--only", action="append", choices=NAMES, metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--results", type=Path, help="the folder of quantum.json and quantum.md, brought up to date")
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
