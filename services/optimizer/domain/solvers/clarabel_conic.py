"""One run of Clarabel, watched iteration by iteration.

Goulart, P. J. and Chen, Y. (2024), "Clarabel: An interior-point solver for conic programs with quadratic objectives",
arXiv:2405.12762.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import clarabel
import numpy as np
from scipy import sparse

from services.optimizer.domain.dual_bound import Multipliers
from services.optimizer.domain.solvers.conic import ConicProgram
from services.optimizer.domain.vectors import Vector

# Tighter than any gap that may be asked for: what Clarabel reaches at all, it reaches in two more iterations, and
# weights that are right to the last digits do not depend on the order of the assets.
TOLERANCE = 1e-12
MAX_ITERATIONS = 200


@dataclass(frozen=True, slots=True)
class Step:
    """One iteration in the program's own unit."""

    iteration: int
    cost: float
    dual_cost: float
    primal_residual: float
    dual_residual: float


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """How a run ended."""

    x: Vector
    multipliers: Multipliers
    normalization: float
    """The multiplier of the last equality."""
    iterations: int
    status: str


class ConicSolver:
    """A program that is set up once and may be solved again for other limits."""

    def __init__(self, program: ConicProgram) -> None:
        self._program = program
        self._equalities = program.equal.shape[0]
        self._solver = clarabel.DefaultSolver(
            program.quadratic.tocsc(),
            program.linear,
            sparse.csc_array(sparse.vstack([program.equal, program.below, program.cone])),
            np.concatenate([program.equal_to, program.below_than, program.cone_offset]),
            _cones(program),
            _settings(),
        )

    def limit(self, below_than: Vector) -> None:
        """Replace the right-hand side of the inequalities."""
        program = self._program
        self._solver.update(b=np.concatenate([program.equal_to, below_than, program.cone_offset]))

    def run(self, stop: Callable[[Step], bool]) -> Run:
        """Solve; after each iteration `stop` may end it."""
        self._solver.set_termination_callback(lambda info: stop(_step(info)))
        solution = self._solver.solve()
        dual = np.asarray(solution.z)
        inequalities = self._program.below.shape[0]
        equal, below, cone = np.split(dual, [self._equalities, self._equalities + inequalities])
        return Run(
            x=np.asarray(solution.x),
            multipliers=self._program.multipliers(equal, below, cone),
            normalization=float(equal[-1]) if equal.size else 0.0,
            iterations=int(solution.iterations),
            status=str(solution.status),
        )


def _step(info: clarabel.DefaultInfo) -> Step:
    return Step(info.iterations, info.cost_primal, info.cost_dual, info.res_primal, info.res_dual)


def _cones(program: ConicProgram) -> list[object]:
    cones: list[object] = []
    if program.equal.shape[0]:
        cones.append(clarabel.ZeroConeT(program.equal.shape[0]))
    if program.below.shape[0]:
        cones.append(clarabel.NonnegativeConeT(program.below.shape[0]))
    if program.cone.shape[0]:
        cones.append(clarabel.SecondOrderConeT(program.cone.shape[0]))
    return cones


def _settings() -> clarabel.DefaultSettings:
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_iter = MAX_ITERATIONS
    settings.max_threads = 1
    # Presolve drops rows, which would shift the multipliers and forbid new limits.
    settings.presolve_enable = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = TOLERANCE
    settings.tol_ktratio = TOLERANCE
    return settings
