"""The method's front: programs over one universe in, answers out.

Given prices z = (λ, ν, τ, η) of the factors' exposures, the rows, turnover and gross exposure, every weight has a
closed form, so that the dual is a concave function of only K + m + 2 unknowns,

    q(z) = Σ min over [l, u] of ½γD w² − r w + (κ + ½τ)|w − w₀| + c|w − w₀|^{3/2} + b max(−w, 0) + η|w|
           − |λ|²/2γ − hiᵀν⁺ − loᵀν⁻ − τt − ηg,        r = μ − Fλ − Aᵀν,

which Newton's method climbs in five to ten steps (Qi and Sun 1993, A nonsmooth version of Newton's method), projected
as in Bertsekas 1982, Projected Newton methods for optimization problems with simple constraints.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Protocol

import numpy as np

from services.optimizer.domain.solvers.dual_newton import plain
from services.optimizer.domain.solvers.dual_newton.layout import Layout, laid_out
from services.optimizer.domain.solvers.dual_newton.method import CONVERGED, EMPTY, MOST_STEPS, TOLERANCE
from services.optimizer.domain.solvers.dual_newton.program import NewtonAnswer, NewtonAnswers, Program, Programs
from services.optimizer.domain.solvers.dual_newton.structure import Structure
from services.optimizer.domain.vectors import Vector


class Half(Protocol):
    """One of the two that do the work: the compiled one or the one in NumPy."""

    def __call__(  # noqa: PLR0917
        self,
        structure: Structure,
        layout: Layout,
        begin: Vector,
        tolerance: float,
        most: int,
        Z: Vector,
        W: Vector,
        INFO: Vector,
    ) -> None:
        """Fill the last three; INFO's columns: end, steps, residual, value, bound."""
        ...

    def ratio(  # noqa: PLR0917
        self,
        structure: Structure,
        layout: Layout,
        rate: float,
        near: float,
        tolerance: float,
        most: int,
        Z: Vector,
        W: Vector,
        INFO: Vector,
    ) -> float:
        """Fill the last three with the answer to the program behind a ratio; its γ, NaN if it was not found."""
        ...


def compiled() -> bool:
    """Whether numba is there to compile the method; without it the same method runs in NumPy, many times slower."""
    try:
        import numba  # noqa: F401
    except ImportError:
        return False
    return True


COMPILED = compiled()


class DualNewton:
    """Solves programs over one universe: F (N, K), D (N,) positive, A (m, N). Threads may share it.

    Raises ValueError for arrays whose shapes do not fit, and for numbers that no program may have.
    """

    def __init__(self, loadings: Vector, specific: Vector, rows: Vector, *, compiled: bool = COMPILED) -> None:
        self.structure = Structure.of(loadings, specific, rows)
        self._half: Half = _compiled_half() if compiled else plain.PlainHalf()

    def with_specific(self, specific: Vector) -> DualNewton:
        """The same with other specific variances, (N,), all positive."""
        other = object.__new__(DualNewton)
        other.structure, other._half = replace(self.structure, specific=specific), self._half
        return other

    def solve(
        self,
        program: Program,
        start: Vector | None = None,
        *,
        tolerance: float = TOLERANCE,
        most_steps: int = MOST_STEPS,
    ) -> NewtonAnswer:
        """The optimum, from the z of an answer to a similar program or from zero."""
        Z, W, INFO = self._solved(laid_out(program, self.structure), start, tolerance, most_steps, None)
        return self._answer(Z[0], W[0], INFO[0])

    def solve_ratio(self, program: Program, rate: float, near: float) -> tuple[NewtonAnswer, float] | None:
        """The program whose γ is its own (μᵀw − costs − r) / wᵀΣw to within `near`, relatively: its optimum, and γ.

        That program's optimum has the greatest (μᵀw − costs − r) / √(wᵀΣw). `program` is where to look first. None if
        it was not found: its γ may not exist, or nothing is compiled.
        """
        structure, layout = self.structure, laid_out(program, self.structure)
        Z, W, INFO = np.zeros((1, structure.prices)), np.empty((1, structure.assets)), np.empty((1, 5))
        aversion = self._half.ratio(structure, layout, rate, near, TOLERANCE, MOST_STEPS, Z, W, INFO)
        if math.isnan(aversion):
            return None
        if structure.scaled:
            Z[:, structure.factors : -2] *= structure.row_scale
        return self._answer(Z[0], W[0], INFO[0]), aversion

    def _answer(self, z: Vector, weights: Vector, info: Vector) -> NewtonAnswer:
        factors, n = self.structure.factors, self.structure.prices - 2
        end, steps, residual, value, bound = info.tolist()
        return NewtonAnswer(
            weights=weights,
            row_multipliers=z[factors:n],
            turnover_price=float(z[n]),
            gross_price=float(z[n + 1]),
            factor_multipliers=z[:factors],
            z=z,
            value=value,
            bound=bound,
            residual=residual,
            iterations=int(steps),
            converged=end == CONVERGED,
            empty=end == EMPTY,
        )

    def solve_many(
        self,
        programs: Programs,
        start: Vector | None = None,
        *,
        into: NewtonAnswers | None = None,
        tolerance: float = TOLERANCE,
        most_steps: int = MOST_STEPS,
    ) -> NewtonAnswers:
        """The optima, all from one z; best that of a typical program. Fills `into` if given.

        A large batch is solved in parts (`Programs.part`, `NewtonAnswers.part`) if it may have to stop.
        """
        answers = NewtonAnswers.room(programs.count, self.structure) if into is None else into
        INFO = self._solved(laid_out(programs, self.structure), start, tolerance, most_steps, answers)[2]
        answers.values[:], answers.bounds[:], answers.residuals[:] = INFO[:, 3], INFO[:, 4], INFO[:, 2]
        answers.iterations[:] = INFO[:, 1]
        answers.converged[:], answers.empty[:] = INFO[:, 0] == CONVERGED, INFO[:, 0] == EMPTY
        return answers

    def _solved(
        self, layout: Layout, start: Vector | None, tolerance: float, most_steps: int, into: NewtonAnswers | None
    ) -> tuple[Vector, Vector, Vector]:
        """Z, W and INFO, in the room given; prices of rows are scaled on the way in and out."""
        structure = self.structure
        rows = slice(structure.factors, structure.prices - 2)
        begin = np.zeros(structure.prices) if start is None else np.array(start, dtype=np.float64)
        if begin.shape != (structure.prices,):
            raise ValueError(f"a start must have {structure.prices} numbers, but has the shape {begin.shape}")
        if structure.scaled:
            begin[rows] /= structure.row_scale
        Z = np.empty((layout.count, structure.prices)) if into is None else into.z
        W = np.empty((layout.count, structure.assets)) if into is None else into.weights
        if Z.shape != (layout.count, structure.prices) or W.shape != (layout.count, structure.assets):
            raise ValueError(f"no room for {layout.count} answers in weights {W.shape} and z {Z.shape}")
        INFO = np.empty((layout.count, 5))
        self._half(structure, layout, begin, tolerance, most_steps, Z, W, INFO)
        if structure.scaled:
            Z[:, rows] *= structure.row_scale
        return Z, W, INFO


def _compiled_half() -> Half:
    """Imported here, so that without numba nothing of it is looked at."""
    from services.optimizer.domain.solvers.dual_newton.compiled import CompiledHalf

    return CompiledHalf()
