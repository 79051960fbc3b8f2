"""`python -m tests.optimizer.domain.cardinality.sweep --count 2000`: choices of every kind against trying them all.

Each is searched twice: as it is, and begun anew after one node, with a covariance that is spared what it may be.
"""

from __future__ import annotations

import argparse
import json
import sys

from services.optimizer.domain.cardinality import context, search
from tests.optimizer.domain.cardinality.instances import KINDS, draw, own_risk, ratio_wrong, wrong


def failures(count: int, seed: int, largest: int) -> list[str]:
    """What is wrong with so many choices, as many of each kind."""
    found = []
    for index in range(count):
        kind, number = KINDS[index % len(KINDS)], seed + index // len(KINDS)
        choice = draw(kind, number, largest)
        says = wrong(choice) or wrong(choice, own=own_risk(choice))
        says = says or (None if kind == "return" else ratio_wrong(choice))
        if says is not None:
            found.append(f"{kind}, seed {number}: {says}")
    return found


def main() -> int:
    """1 if anything is wrong."""
    parser = argparse.ArgumentParser(description="Search choices of every kind and try them all.")
    parser.add_argument("--count", type=int, default=2_000, help="choices (2000)")
    parser.add_argument("--seed", type=int, default=1, help="of the first choice of each kind (1)")
    parser.add_argument("--largest", type=int, default=14, help="assets (14)")
    asked = parser.parse_args()
    search.ANEW_OF_FEW, context.FEW = 1, 0
    found = failures(asked.count, asked.seed, asked.largest)
    print(json.dumps({"choices": asked.count, "failures": found}, indent=2, ensure_ascii=False))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
