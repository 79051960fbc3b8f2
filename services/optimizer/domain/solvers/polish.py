"""The last digits: once it is known which limits press, the optimum is the answer to one linear system.

Every goal's optimum solves  max θμᵀw − ½ wᵀΣw  over the admissible set for some θ ≥ 0. With the pressing limits held,
the free weights and the multipliers y are linear in θ:

    Σ_ff w_f + A_fᵀ y = θ μ_f − Σ_fp w_p        A_f w_f = b − A_p w_p

where f are the free assets and p those at a bound, or where they were if turnover is limited. The goal then says which
θ is its own. What comes out is taken only if its certified gap is smaller, so a wrong guess of the pressing limits
costs nothing but time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg, sparse
from scipy.linalg import lapack
from scipy.sparse.linalg import splu

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.covariance import Covariance, DenseCovariance, FactorCovariance
from services.optimizer.domain.dual_bound import Multipliers
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.solvers.conic_goal import ConicGoal
from services.optimizer.domain.solvers.tilt import Line
from services.optimizer.domain.vectors import Index, Mask, Vector

# A dense system of more free assets than this takes longer than the solve itself.
LARGEST_DENSE = 2000


@dataclass(frozen=True, slots=True, eq=False)
class _Pressing:
    """The limits that press at the optimum."""

    weights: Vector
    """Every asset at the place where it is held; for a free one, where it is."""
    free: Mask
    """Which assets are free, as booleans."""
    matrix: Vector
    """A: the pressing rows, dense; the turnover's is the last if it presses."""
    limit: Vector
    rows: Index
    """The rows of the admissible set that A's rows are."""
    turnover: bool


def polished(
    weights: Vector, multipliers: Multipliers, goal: ConicGoal, moments: Moments
) -> tuple[Vector, Multipliers] | None:
    """The goal's optimum if the limits that press are those that seem to; None if nothing comes of it."""
    tilt = goal.tilt(weights, multipliers)
    if tilt is None:
        return None
    admissible = goal.program.admissible
    gradient = tilt.theta * moments.expected_returns - moments.covariance.times(weights)
    # Multipliers are compared with room in weights: in a unit where variances are of order one.
    scale = 1.0 / moments.covariance.typical_variance
    reduced = scale * (gradient - admissible.paid(tilt.multipliers.rows))
    held = _pressing(weights, reduced, tilt.multipliers.scaled(scale), admissible)
    on = _line(held, moments, len(admissible.rows))
    return None if on is None else goal.untilted(on, tilt.theta)


def _pressing(weights: Vector, reduced: Vector, multipliers: Multipliers, admissible: AdmissibleSet) -> _Pressing:
    """Guess what presses: whatever a step along the gradient would run into.

    `reduced` is the gradient of the goal less Gᵀy: what moving each weight would still be worth, but for turnover,
    whose price pulls each weight back to where it was by ½ τ.
    """
    half = 0.5 * multipliers.turnover if admissible.turnover is not None else 0.0
    step = weights + reduced - admissible.start
    at_start = np.abs(step) <= half
    target = admissible.start + np.sign(step) * np.maximum(np.abs(step) - half, 0.0)
    at_lower, at_upper = target < admissible.lower, target > admissible.upper
    free = ~(at_lower | at_upper | at_start) & (admissible.lower < admissible.upper)
    held = np.where(free, weights, np.clip(target, admissible.lower, admissible.upper))
    rows = _pressing_rows(weights, multipliers, admissible)
    matrix = admissible.matrix[rows].toarray()
    limit = np.where(multipliers.rows[rows] > 0, admissible.cap[rows], admissible.floor[rows])
    limit = np.where(np.isfinite(limit), limit, admissible.cap[rows])
    turns = _turnover_presses(weights, multipliers, admissible)
    if turns and admissible.turnover is not None:
        sign = np.where(free, np.sign(step), np.sign(held - admissible.start))
        matrix = np.vstack([matrix, 0.5 * sign])
        limit = np.append(limit, admissible.turnover + 0.5 * float(sign @ admissible.start))
    return _Pressing(held, free, matrix, limit, rows, turns)


def _pressing_rows(weights: Vector, multipliers: Multipliers, admissible: AdmissibleSet) -> Index:
    """Rows whose multiplier is larger than the room that they leave on its side, and all equalities."""
    held = admissible.held(weights)
    room = np.where(multipliers.rows > 0, admissible.cap - held, held - admissible.floor)
    return np.flatnonzero((admissible.floor == admissible.cap) | (np.abs(multipliers.rows) > room))


def _turnover_presses(weights: Vector, multipliers: Multipliers, admissible: AdmissibleSet) -> bool:
    if admissible.turnover is None:
        return False
    room = admissible.turnover - 0.5 * float(np.abs(weights - admissible.start).sum())
    return multipliers.turnover > room


def _line(held: _Pressing, moments: Moments, rows: int) -> Line | None:
    """Solve the system for its two right-hand sides, 1 and θ; None if it has no one answer."""
    covariance, free = moments.covariance, np.flatnonzero(held.free)
    if free.size == 0 or (isinstance(covariance, DenseCovariance) and free.size > LARGEST_DENSE):
        return None
    kept = _independent(held.matrix[:, free])
    matrix, fixed = held.matrix[kept], np.where(held.free, 0.0, held.weights)
    targets = np.zeros((free.size + kept.size, 2))
    targets[: free.size, 0] = -covariance.times(fixed)[free]
    targets[: free.size, 1] = moments.expected_returns[free]
    targets[free.size :, 0] = held.limit[kept] - matrix @ fixed
    try:
        answer = _solved(covariance, free, matrix[:, free], targets)
    except (linalg.LinAlgError, RuntimeError):
        return None
    if not np.all(np.isfinite(answer)):
        return None
    start, direction = fixed.copy(), np.zeros(fixed.size)
    start[free], direction[free] = answer[: free.size].T
    prices = [_multipliers(held, kept, column, rows) for column in answer[free.size :].T]
    return Line(start, direction, prices[0], prices[1])


def _independent(matrix: Vector) -> Index:
    """Indices of rows that span the others; a row that repeats others would leave the system without one answer."""
    if matrix.shape[0] == 0:
        return np.zeros(0, dtype=np.int64)
    _, triangle, order = linalg.qr(matrix.T, mode="economic", pivoting=True)
    size = np.abs(np.diag(triangle))
    return np.sort(order[: size.size][size > 1e-10 * max(1.0, float(size[0]))])


def _solved(covariance: Covariance, free: Index, matrix: Vector, targets: Vector) -> Vector:
    """The answer in (w_f, y); for a factor model by way of the factors' own variables, which keeps it sparse."""
    rows = matrix.shape[0]
    if isinstance(covariance, DenseCovariance):
        system = np.block([[covariance.matrix[np.ix_(free, free)], matrix.T], [matrix, np.zeros((rows, rows))]])
        factors, pivots, flawed = lapack.dgetrf(system)
        if flawed:
            raise linalg.LinAlgError("the pressing limits leave the weights no one answer")
        first, _ = lapack.dgetrs(factors, pivots, targets)
        return np.asarray(first + lapack.dgetrs(factors, pivots, targets - system @ first)[0])
    return _solved_by_factors(covariance, free, matrix, targets)


def _solved_by_factors(covariance: FactorCovariance, free: Index, matrix: Vector, targets: Vector) -> Vector:
    loadings = sparse.csc_array(covariance.loadings[free])
    factors, rows = loadings.shape[1], matrix.shape[0]
    limits = sparse.csc_array(matrix)
    diagonal, unit = sparse.diags_array(covariance.specific[free]), sparse.eye_array(factors)
    grid: Any = [
        [diagonal, loadings, limits.T],
        [loadings.T, -unit, None],
        [limits, None, sparse.csc_array((rows, rows))],
    ]
    padded = np.vstack([targets[: free.size], np.zeros((factors, 2)), targets[free.size :]])
    system = sparse.csc_array(sparse.block_array(grid))
    solver = splu(system)
    first = solver.solve(padded)
    answer = first + solver.solve(padded - system @ first)
    return np.asarray(np.vstack([answer[: free.size], answer[free.size + factors :]]))


def _multipliers(held: _Pressing, kept: Index, values: Vector, rows: int) -> Multipliers:
    """Put the multipliers back to the rows of the admissible set."""
    all_values = np.zeros(held.matrix.shape[0])
    all_values[kept] = values
    prices = np.zeros(rows)
    prices[held.rows] = all_values[: held.rows.size]
    return Multipliers(prices, float(all_values[-1]) if held.turnover else 0.0)
