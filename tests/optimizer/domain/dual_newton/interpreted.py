"""`NUMBA_DISABLE_JIT=1 python -m tests.optimizer.domain.dual_newton.interpreted`: the kernel without its compiler.

What Python makes of the kernel's text is what the compiled code must do. Slow, so small.
"""

from __future__ import annotations

import json
import sys

from services.optimizer.domain.solvers.dual_newton import NewtonAnswer
from tests.optimizer.domain.dual_newton.checks import solved
from tests.optimizer.domain.dual_newton.regimes import REGIMES, draw

LARGE = {"many factors", "wide", "factor-neutral rows"}
CASES = [(name, seed) for name in REGIMES if name not in LARGE for seed in (1, 2)]
LARGEST = 6


def answer(name: str, seed: int) -> NewtonAnswer:
    return solved(draw(name, seed, LARGEST))


if __name__ == "__main__":
    found = [answer(name, seed) for name, seed in CASES]
    json.dump([[each.value, each.bound, *each.weights.tolist()] for each in found], sys.stdout)
