"""`python -m tests.optimizer.domain.dual_newton.sweep --count 20000`: the method against programs of every regime.

Each answer is checked by its own certificate, the gap between its objective and its bound, and by how far it breaks the
limits; a sample of them by another solver as well.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, dataclass, field

import numpy as np

from services.optimizer.domain.solvers.dual_newton import COMPILED
from tests.optimizer.domain.dual_newton import oracle
from tests.optimizer.domain.dual_newton.checks import defect, solved
from tests.optimizer.domain.dual_newton.regimes import LARGEST, REGIMES, draw

# The interior point method's own error, of an objective of order one.
ORACLE = 1e-6


@dataclass
class Report:
    """What came of a sweep."""

    programs: int = 0
    compared: int = 0
    """With the other solver."""
    failures: list[str] = field(default_factory=list)
    steps: dict[str, tuple[float, int]] = field(default_factory=dict)
    """Median and largest, by regime."""


def sweep(count: int, seed: int, *, compare: int = 200, largest: int = LARGEST, compiled: bool = COMPILED) -> Report:
    """Solve so many programs, as many of each regime; compare one in `compare` with the other solver."""
    report, steps = Report(), {name: [] for name in REGIMES}
    names = list(REGIMES)
    for index in range(count):
        name, number = names[index % len(names)], seed + index // len(names)
        drawn = draw(name, number, largest)
        answer = solved(drawn, compiled=compiled)
        wrong = defect(drawn, answer)
        if wrong is None and index % compare == 0:
            report.compared += 1
            other = oracle.best(drawn)
            if abs(answer.value - other) > ORACLE * max(1.0, abs(other)):
                wrong = f"{answer.value} where another solver finds {other}"
        if wrong is not None:
            report.failures.append(f"{name}, seed {number}, {drawn.assets} assets: {wrong}")
        report.programs += 1
        steps[name].append(answer.iterations)
    report.steps = {name: (float(np.median(found)), max(found)) for name, found in steps.items() if found}
    return report


def main() -> int:
    """1 if anything failed."""
    parser = argparse.ArgumentParser(description="Solve programs of every regime and check every answer.")
    parser.add_argument("--count", type=int, default=20_000, help="programs (20000)")
    parser.add_argument("--seed", type=int, default=1, help="of the first program of each regime (1)")
    parser.add_argument("--compare", type=int, default=200, help="one in so many is given to another solver too (200)")
    asked = parser.parse_args()
    report = sweep(asked.count, asked.seed, compare=asked.compare)
    print(json.dumps(asdict(report), indent=2, ensure_ascii=False))
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
