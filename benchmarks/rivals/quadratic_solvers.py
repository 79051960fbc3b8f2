"""PIQP and Clarabel on the same problems, stated by hand over the factors y = Fᵀw, which is the best that they can get.

min  ½ γ (yᵀy + wᵀDw) − μᵀw + κᵀt₁ + cᵀt    s.t.  Fᵀw = y,  |w − w₀| ≤ t₁,  |w − w₀| ≤ t^{2/3}
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import clarabel
import numpy as np
from scipy import sparse

from benchmarks.optimizer.clock import Solve
from benchmarks.optimizer.universe import AVERSION, Universe
from services.optimizer.domain.vectors import Vector

# Tighter than either can reach: they stop where they stand.
TIGHT = 1e-13
Matrix = Any


@dataclass(frozen=True, eq=False)
class FactorForm:
    """min ½ xᵀPx + qᵀx over x = (w, y): equations, caps of groups, and bounds of w."""

    P: Matrix
    q: Vector
    equations: Matrix
    right: Vector
    groups: Matrix
    cap: Vector
    weights: Matrix
    upper: Vector

    @classmethod
    def of(cls, universe: Universe, aversion: float = AVERSION) -> FactorForm:
        """The universe's problem."""
        count, factors = universe.assets, universe.factors
        square = np.concatenate([aversion * universe.specific, np.full(factors, aversion)])
        budget = sparse.csc_array(np.concatenate([np.ones(count), np.zeros(factors)])[None, :])
        exposures = sparse.hstack([sparse.csc_array(universe.loadings.T), -sparse.eye_array(factors)])
        return cls(
            P=sparse.csc_matrix(sparse.diags_array(square)),
            q=np.concatenate([-universe.expected, np.zeros(factors)]),
            equations=sparse.csc_matrix(sparse.vstack([budget, exposures])),
            right=np.concatenate([[1.0], np.zeros(factors)]),
            groups=sparse.csc_matrix(np.hstack([universe.members, np.zeros((len(universe.members), factors))])),
            cap=universe.cap[1:],
            weights=sparse.csc_matrix(sparse.eye_array(count, count + factors)),
            upper=universe.upper,
        )

    @property
    def assets(self) -> int:
        """N."""
        return self.upper.size

    @property
    def factors(self) -> int:
        """K."""
        return self.q.size - self.upper.size


def piqp_utility(form: FactorForm) -> Solve:
    """Set up and solved, every time."""

    def solve() -> Vector:
        solver = _piqp(form)
        solver.solve()
        return np.array(solver.result.x[: form.assets])

    return solve


def piqp_again(form: FactorForm) -> Solve:
    """Set up once; then told μ, and solved."""
    solver = _piqp(form)

    def solve() -> Vector:
        solver.update(c=form.q)
        solver.solve()
        return np.array(solver.result.x[: form.assets])

    return solve


def piqp_many(form: FactorForm, linear: Vector, upper: Vector) -> Solve:
    """Set up once; then one after the other for a row of each, as (B, N): the objective's linear part, and caps."""
    solver = _piqp(form)
    zeros, without = np.zeros(form.factors), np.full(form.factors, np.inf)

    def solve() -> Vector:
        found = np.empty(linear.shape)
        for index, (q, most) in enumerate(zip(linear, upper, strict=True)):
            solver.update(c=np.concatenate([q, zeros]), x_u=np.concatenate([most, without]))
            solver.solve()
            found[index] = solver.result.x[: form.assets]
        return found

    return solve


def _piqp(form: FactorForm) -> Any:
    solver = import_module("piqp").SparseSolver()
    solver.settings.verbose = False
    free = np.full(form.factors, np.inf)
    lower, upper = np.concatenate([np.zeros(form.assets), -free]), np.concatenate([form.upper, free])
    no_floor = np.full(form.cap.size, -np.inf)
    solver.setup(form.P, form.q, form.equations, form.right, form.groups, no_floor, form.cap, lower, upper)
    return solver


def clarabel_utility(form: FactorForm, tolerance: float | None = None) -> Solve:
    """Set up and solved, every time."""
    matrix, cones, settings = _rows(form), _cones(form), _settings(tolerance)
    right = _right(form, form.upper)

    def solve() -> Vector:
        solution = clarabel.DefaultSolver(form.P, form.q, matrix, right, cones, settings).solve()
        return np.array(solution.x[: form.assets])

    return solve


def clarabel_many(form: FactorForm, linear: Vector, upper: Vector) -> Solve:
    """Set up once; then one after the other for a row of each, as (B, N): the objective's linear part, and caps."""
    settings = _settings(None)
    settings.presolve_enable = False
    solver = clarabel.DefaultSolver(form.P, form.q, _rows(form), _right(form, form.upper), _cones(form), settings)
    zeros = np.zeros(form.factors)

    def solve() -> Vector:
        found = np.empty(linear.shape)
        for index, (q, most) in enumerate(zip(linear, upper, strict=True)):
            solver.update(q=np.concatenate([q, zeros]), b=_right(form, most))
            found[index] = solver.solve().x[: form.assets]
        return found

    return solve


def clarabel_costs(universe: Universe, tolerance: float | None = None) -> Solve:
    """The costs of trading too: two more variables per asset, a power cone for the one of the 3/2 power."""
    form, count = FactorForm.of(universe), universe.assets
    width = form.q.size
    P = sparse.csc_matrix(sparse.block_diag([form.P, sparse.csc_matrix((2 * count, 2 * count))]))
    q = np.concatenate([form.q, universe.linear_cost, universe.impact_cost])
    wide = sparse.hstack([_rows(form), sparse.csc_array((_right(form, form.upper).size, 2 * count))])
    w, straight = sparse.eye_array(count, width), sparse.eye_array(count, 2 * count)
    kinks = sparse.vstack([sparse.hstack([w, -straight]), sparse.hstack([-w, -straight])])
    matrix = sparse.csc_matrix(sparse.vstack([wide, kinks, _powers(count, width)]))
    cube = np.zeros((count, 3))
    cube[:, 1], cube[:, 2] = 1.0, -universe.holdings
    held = [universe.holdings, -universe.holdings]
    right = np.concatenate([_right(form, form.upper), *held, cube.ravel()])
    cones = [*_cones(form), clarabel.NonnegativeConeT(2 * count), *[clarabel.PowerConeT(2 / 3)] * count]
    settings = _settings(tolerance)

    def solve() -> Vector:
        solution = clarabel.DefaultSolver(P, q, matrix, right, cones, settings).solve()
        return np.array(solution.x[:count])

    return solve


def _powers(count: int, width: int) -> Matrix:
    """Rows of (t, 1, w − w₀) ∈ the power cone of 2/3, as −(b − s): t^{2/3} ≥ |w − w₀|."""
    each = np.arange(count)
    rows = np.concatenate([3 * each, 3 * each + 2])
    columns = np.concatenate([width + count + each, each])
    return sparse.csc_matrix((-np.ones(2 * count), (rows, columns)), shape=(3 * count, width + 2 * count))


def _rows(form: FactorForm) -> Matrix:
    return sparse.csc_matrix(sparse.vstack([form.equations, form.groups, form.weights, -form.weights]))


def _right(form: FactorForm, upper: Vector) -> Vector:
    return np.concatenate([form.right, form.cap, upper, np.zeros(form.assets)])


def _cones(form: FactorForm) -> list[object]:
    below = form.cap.size + 2 * form.assets
    return [clarabel.ZeroConeT(form.right.size), clarabel.NonnegativeConeT(below)]


def _settings(tolerance: float | None) -> Any:
    settings = clarabel.DefaultSettings()
    settings.verbose, settings.max_threads = False, 1
    if tolerance is not None:
        settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = tolerance
        settings.tol_ktratio = tolerance
    return settings
