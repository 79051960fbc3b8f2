"""`make bench-mesh`: prints one line per figure, `name value unit`; with --results writes them down."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.mesh import overload, search
from benchmarks.mesh.report import written
from benchmarks.mesh.sides import MESH, RIVAL, sides

USERS = 1000


def main() -> int:
    """Measures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mesh", description="Measure the mesh under many users.")
    parser.add_argument("--quick", action="store_true", help="few users, short steps")
    parser.add_argument("--results", type=Path, help="folder of mesh.json and mesh.md")
    wanted = parser.parse_args()
    users, first, seconds = (50, 10.0, 4.0) if wanted.quick else (USERS, 40.0, 10.0)
    found = list[Figure]()
    for figure in _figures(users, first, seconds):
        print(figure.line(), flush=True)
        found.append(figure)
    if wanted.results:
        written(found, users, wanted.results)
    return 0


def _figures(users: int, first: float, seconds: float) -> Iterator[Figure]:
    yield Figure("mesh.load_of_the_machine", os.getloadavg()[0], "1")
    with tempfile.TemporaryDirectory(prefix="qpo-bench-") as folder, sides(Path(folder), users) as both:
        best = search.held(both, first, seconds, _tell)
        for name, (rate, came) in best.items():
            yield from search.figures(name, rate, came)
        if best[RIVAL][0]:
            yield Figure("mesh.rate_over_fastapi", best[MESH][0] / best[RIVAL][0], "x")
        for name, (rate, _) in best.items():
            if rate:
                yield from overload.figures(both[name], rate, 2 * seconds, _tell)


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
