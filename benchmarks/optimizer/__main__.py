"""`make bench-optimizer`: prints one line per figure, `name value unit`; progress goes to standard error."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.apart import THREADS, NotMeasured
from benchmarks.figures import Figure

if TYPE_CHECKING:
    from benchmarks.optimizer.effort import Effort

NAMES = ("start", "mean_variance", "batch", "costs", "sharpe", "dense", "allocations", "cvar", "ml")


def main() -> int:
    """Measures what is asked for, prints, and writes the results if told where; returns 1 if something failed."""
    wanted = _arguments()
    # Read when numpy is first imported, which is below.
    os.environ.update(dict.fromkeys(THREADS, "1"))
    from benchmarks.child import NothingMeasured
    from benchmarks.optimizer.effort import FULL_EFFORT, QUICK_EFFORT
    from benchmarks.optimizer.report import Section, merged, written

    effort, measurements = QUICK_EFFORT if wanted.quick else FULL_EFFORT, _measurements()
    began, failed, sections = time.monotonic(), False, {}
    for name in [each for each in NAMES if each in (wanted.only or NAMES)]:
        _say(f"{name} …")
        before, found = os.getloadavg()[0], []
        try:
            for figure in measurements[name](effort):
                print(figure.line(), flush=True)
                found.append(figure)
        except (NotMeasured, NothingMeasured) as error:
            failed = True
            _say(f"{name} could not be measured: {error}")
        sections[name] = Section((before, os.getloadavg()[0]), tuple(found))
    if wanted.results:
        written(merged(sections, wanted.results), wanted.results)
    _say(f"{time.monotonic() - began:.0f} s")
    return int(failed)


def _measurements() -> Mapping[str, Callable[[Effort], Iterator[Figure]]]:
    from benchmarks import allocations, cvar
    from benchmarks.ml import __main__ as ml
    from benchmarks.optimizer import batch, costs, dense, mean_variance, sharpe, starting

    return {
        "start": starting.figures,
        "mean_variance": mean_variance.figures,
        "batch": batch.figures,
        "costs": costs.figures,
        "sharpe": sharpe.figures,
        "dense": dense.figures,
        "allocations": lambda effort: allocations.figures(effort.scale, effort.main),
        "cvar": lambda effort: cvar.figures(effort.scale, effort.scenarios),
        "ml": lambda effort: ml.figures(*effort.estimates),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.optimizer", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small problems, once: tells that it runs, no more")
    parser.add_argument("--only", action="append", choices=NAMES, metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument(
        "--results", type=Path, help="the folder of optimizer.json and optimizer.md, to be brought up to date"
    )
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
