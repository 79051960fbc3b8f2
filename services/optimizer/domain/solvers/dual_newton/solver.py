"""The method's front: programs over one universe in, answers out.

Given prices z = (λ, ν, τ, η) of the factors' exposures, the rows, turnover and gross exposure, every weight has a closed
form, so that the dual is a concave function of only K + m + 2 unknowns,

    q(z) = Σ_i min over [l_i, u_i] of ½γD_i w² − r_i w + (κ_i + ½τ)|w − w₀_i| + c_i|w − w₀_i|^{3/2} + b_i max(−w, 0) + η|w|
           − |λ|²/2γ − hiᵀν⁺ + loᵀν⁻ − τt − ηg,        r = μ − Fλ − Aᵀν,

which Newton's method climbs in five to ten steps (Qi and Sun 1993, A nonsmooth version of Newton's method; for the
projected search Bertsekas 1982, Projected Newton methods for optimization problems with simple constraints).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from services.optimizer.domain.solvers.dual_newton import kernel
from services.optimizer.domain.solvers.dual_newton.method import (
    CONVERGED,
    EMPTY,
    IMPACT,
    LINEAR,
    MOST_STEPS,
    PLAIN,
    TOLERANCE,
    TWO_KINKS,
)
from services.optimizer.domain.solvers.dual_newton.program import NewtonAnswer, NewtonAnswers, Program, Programs
from services.optimizer.domain.solvers.dual_newton.structure import Structure
from services.optimizer.domain.vectors import Vector


class DualNewton:
    """Solves programs over one universe: F (N, K), D (N,), A (m, N). Threads may share it."""

    def __init__(self, loadings: Vector, specific: Vector, rows: Vector) -> None:
        self.structure = Structure.of(loadings, specific, rows)
        self._spare: list[tuple[Any, ...]] = []
        self._none = np.zeros(self.structure.assets)

    def _scratch(self):
        if self._spare:
            return self._spare.pop()
        N, p = self.structure.assets, self.structure.prices
        return (np.empty((8, N)), np.zeros((8, p)), np.empty(p, np.int64), np.empty(N * p), np.empty(p * p + 2 * p))

    def solve(self, program: Program, start: Vector | None = None, tolerance=TOLERANCE, most_steps=MOST_STEPS) -> NewtonAnswer:
        S = self.structure
        z = np.zeros(S.prices) if start is None else start.copy()
        w = np.empty(S.assets)
        info = np.empty(5)
        scratch = self._scratch()
        none = self._none
        q = program
        vec = lambda v: none if v is None else np.ascontiguousarray(v, dtype=np.float64)
        kernel.newton(
            S.columns, S.transposed, S.norms, S.specific, S.factors, vec(q.expected_returns), float(q.risk_aversion), vec(q.lower), vec(q.upper),
            vec(q.start), vec(q.linear_cost), vec(q.impact_cost), vec(q.borrow_cost),
            q.floor * S.row_scale, q.cap * S.row_scale, float(q.turnover), float(q.gross), mode_of(q), tolerance, most_steps,
            z, w, *scratch, info,
        )
        self._spare.append(scratch)
        K, m = S.factors, S.rows
        return NewtonAnswer(w, z[K : K + m] * S.row_scale, float(z[K + m]), float(z[K + m + 1]), z[:K].copy(), z, float(info[3]), float(info[4]),
            float(info[2]), int(info[1]), info[0] == CONVERGED, info[0] == EMPTY)


def mode_of(program: Program | Programs) -> int:
    some = lambda v: v is not None and bool(np.any(v > 0))
    if some(program.borrow_cost) or np.any(np.isfinite(program.gross)):
        return TWO_KINKS
    if some(program.impact_cost):
        return IMPACT
    if some(program.linear_cost) or np.any(np.isfinite(program.turnover)):
        return LINEAR
    return PLAIN
