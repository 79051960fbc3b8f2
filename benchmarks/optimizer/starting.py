"""What a fresh process pays before its first solve: imports, and the compiled kernels from numba's cache.

Run as a program, it is that process.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.optimizer.effort import Effort

_ROOT = Path(__file__).parents[2]


def figures(effort: Effort) -> Iterator[Figure]:
    """Medians over fresh processes, after one that fills the caches."""
    _fresh()
    runs = [_fresh() for _ in range(effort.starts)]
    for what in runs[0]:
        yield Figure(f"optimizer.start.{what}", 1e3 * statistics.median(run[what] for run in runs), "ms")


def _fresh() -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.optimizer.starting"]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> int:
    """Import, compile from the cache as a worker does at its start, solve."""
    began = time.process_time()
    from services.optimizer.domain.solvers.choosing import ChoosingEngine
    from services.optimizer.domain.solvers.warm import compile_all

    imported = time.process_time()
    compile_all()
    compiled = time.process_time()
    from benchmarks.optimizer.universe import Universe
    from services.optimizer.domain.engine import Control
    from services.optimizer.domain.goal import Goal, Objective

    problem, control = Universe(20, 3).problem(Goal(Objective.UTILITY)), Control(time.monotonic, time.monotonic() + 60)
    engine = ChoosingEngine()
    ready = time.process_time()
    engine.solve(problem, control)
    solved = time.process_time()
    told = {"imports": imported - began, "kernels": compiled - imported, "solve_after": solved - ready}
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
