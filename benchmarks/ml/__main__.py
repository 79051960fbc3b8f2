"""`make bench-ml`: prints one line per figure, `name value unit`; progress goes to standard error."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.apart import THREADS
from benchmarks.figures import Figure

SESSIONS = 1000
SIZES = (500, 3000)
ROUNDS = 7
QUICK_SESSIONS, QUICK_SIZES = 40, (20, 60)


def main() -> int:
    """Measures, prints, and writes the results if told where."""
    wanted = _arguments()
    # Read when numpy is first imported, which is below.
    os.environ.update(dict.fromkeys(THREADS, "1"))
    from benchmarks.ml.report import written

    sizes, sessions, rounds = (QUICK_SIZES, QUICK_SESSIONS, 1) if wanted.quick else (SIZES, SESSIONS, ROUNDS)
    found = []
    for figure in figures(sizes, sessions, rounds):
        print(figure.line(), flush=True)
        found.append(figure)
    if wanted.results:
        written(found, wanted.results)
    return 0


def figures(sizes: tuple[int, ...], sessions: int, rounds: int) -> Iterator[Figure]:
    """Yields each contender's time and, of each rival, how often ours goes into it."""
    from benchmarks.ml.clock import cost
    from benchmarks.ml.contenders import CONTENDERS, returns_of

    for assets in sizes:
        returns = returns_of(assets, sessions)
        for method, contenders in CONTENDERS.items():
            name = f"ml.{method}.n{assets}"
            print(f"{name} …", file=sys.stderr, flush=True)
            ours = {}
            for who, estimate in contenders.items():
                taken = cost(lambda estimate=estimate, returns=returns: estimate(returns), rounds)  # type: ignore[misc]
                if taken.capped:
                    yield Figure(f"{name}.{who}.capped", taken.seconds, "s")
                else:
                    yield Figure(f"{name}.{who}", 1e3 * taken.seconds, "ms")
                if who.startswith("ours"):
                    ours[who] = taken.seconds
                    continue
                least = "_at_least" if taken.capped else ""
                yield Figure(f"{name}.over_{who}{least}", taken.seconds / ours["ours"], "x")
                yield Figure(f"{name}.dense_over_{who}{least}", taken.seconds / ours["ours_dense"], "x")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ml", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small matrices, once: tells that it runs, no more")
    parser.add_argument("--results", type=Path, help="the folder to write ml.json and ml.md into")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
