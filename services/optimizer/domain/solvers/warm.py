"""Everything that is compiled, compiled: a minute of work once, read back from numba's cache afterwards."""

from __future__ import annotations

import numpy as np

from services.optimizer.domain.allocations import compiling
from services.optimizer.domain.solvers.dual_newton.program import Program
from services.optimizer.domain.solvers.dual_newton.solver import DualNewton


def compile_all() -> None:
    """Compile every kernel, or load it from the cache, rather than in the first solve."""
    two, nothing = np.ones(2), np.zeros(2)
    solver = DualNewton(np.ones((2, 1)), two, np.ones((1, 2)))
    solver.solve(Program(nothing, 1.0, nothing, two, np.ones(1), np.ones(1)))
    compiling.compile_all()
