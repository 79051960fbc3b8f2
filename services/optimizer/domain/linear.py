"""Linear programs over the admissible set, by HiGHS: is it empty, and what is the greatest expected return?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.errors import OutOfTime, SolverFailed
from services.optimizer.domain.vectors import Vector

# The tightest that HiGHS accepts.
TIGHT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
INFEASIBLE = 2
_TIME_LIMIT = 1


@dataclass(frozen=True, slots=True, eq=False)
class Lifted:
    """The set in x = (w, d, p): Ax ≤ b and box, with d ≥ |w − w₀| and p ≥ |w| only where they are limited."""

    matrix: sparse.csr_array
    limit: Vector
    lower: Vector
    upper: Vector


def lifted(admissible: AdmissibleSet) -> Lifted:
    """Write the set as inequalities:  Gw ≤ hi,  −Gw ≤ −lo,  ±(w − w₀) ≤ d,  ½ Σd ≤ t,  ±w ≤ p,  Σp ≤ g."""
    count = admissible.assets
    capped, floored = np.isfinite(admissible.cap), np.isfinite(admissible.floor)
    matrix = sparse.csr_array(sparse.vstack([admissible.matrix[capped], -admissible.matrix[floored]]))
    limits = [admissible.cap[capped], -admissible.floor[floored]]
    sums = distance_sums(admissible)
    for share, origin, greatest in sums:
        matrix = with_distances(matrix, count, share)
        limits += [origin, -origin, np.array([greatest])]
    return Lifted(
        matrix,
        np.concatenate(limits),
        np.concatenate([admissible.lower, np.zeros(count * len(sums))]),
        np.concatenate([admissible.upper, np.full(count * len(sums), np.inf)]),
    )


def distance_sums(admissible: AdmissibleSet) -> list[tuple[float, Vector, float]]:
    """The limits share · Σ|w − origin| ≤ greatest: turnover and gross exposure, those that there are."""
    sums = []
    if admissible.turnover is not None:
        sums.append((0.5, admissible.start, admissible.turnover))
    if admissible.gross is not None:
        sums.append((1.0, np.zeros(admissible.assets), admissible.gross))
    return sums


def with_distances(matrix: sparse.csr_array, count: int, share: float) -> sparse.csr_array:
    """`count` more columns, of distances d of the first ones, and the rows w − d, −w − d and share · Σd."""
    height, width = matrix.shape
    eye, gap = sparse.eye_array(count), sparse.csr_array((count, width - count))
    total = sparse.csr_array(np.concatenate([np.zeros(width), np.full(count, share)])[None, :])
    before = sparse.hstack([matrix, sparse.csr_array((height, count))])
    moved = [sparse.hstack([eye, gap, -eye]), sparse.hstack([-eye, gap, -eye])]
    return sparse.csr_array(sparse.vstack([before, *moved, total]))


def least(cost: Vector, region: Lifted, time_limit: float) -> tuple[float, Vector] | None:
    """Minimize costᵀx over a lifted set; None if it is empty.

    `cost` may be shorter than x: what is missing costs nothing. Raises OutOfTime or SolverFailed.
    """
    padded = np.concatenate([cost, np.zeros(region.lower.size - cost.size)])
    answer = highs(padded, region, time_limit)
    if answer.status == INFEASIBLE:
        return None
    return float(answer.fun), np.asarray(answer.x)


def highs(cost: Vector, region: Lifted, time_limit: float) -> Any:
    """HiGHS's answer for costᵀx over a lifted set, as scipy gives it. Raises OutOfTime or SolverFailed."""
    # scipy's stubs know dense matrices only.
    solve: Any = linprog
    answer = solve(
        cost,
        A_ub=region.matrix,
        b_ub=region.limit,
        bounds=np.column_stack([region.lower, region.upper]),
        method="highs",
        options={**TIGHT, "time_limit": max(time_limit, 1e-3)},
    )
    if answer.status == _TIME_LIMIT:
        raise OutOfTime("the time ran out while looking for any admissible portfolio")
    if answer.status != INFEASIBLE and answer.x is None:
        raise SolverFailed("highs", str(answer.message))
    return answer


def greatest_return(expected_returns: Vector, admissible: AdmissibleSet, time_limit: float) -> float | None:
    """The greatest μᵀw that the set admits; None if it is empty."""
    found = least(-expected_returns, lifted(admissible), time_limit)
    return None if found is None else -found[0]
