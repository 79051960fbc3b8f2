"""A program over a box by PIQP's interior-point method.

Schwan, R., Jiang, Y., Kuhn, D. and Jones, C. N. (2023), "PIQP: A Proximal Interior-Point Quadratic Programming Solver",
62nd IEEE Conference on Decision and Control.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from services.optimizer.domain.solvers.working_set.pieces import Limits
from services.optimizer.domain.vectors import Vector

# Its tolerances: costs and variances come to it in units of order one, or below.
ENOUGH, RELATIVE = 1e-9, 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Boxed:
    """min ½ xᵀPx + cᵀx over lo ≤ Rx ≤ hi and l ≤ x ≤ u."""

    square: Any
    """P: dense, or sparse by columns."""
    linear: Vector
    rows: Any
    """R, in the form of P."""
    limits: Limits
    lower: Vector
    upper: Vector


@dataclass(frozen=True, slots=True, eq=False)
class Inner:
    """x and y: positive presses on a cap, negative on a floor."""

    found: Vector
    prices: Vector
    iterations: int


def inner_point(program: Boxed, *, sparse: bool = False) -> Inner | None:
    """What PIQP finds; None if it does not."""
    # Here, since most problems never need it.
    import piqp

    solver: Any = piqp.SparseSolver() if sparse else piqp.DenseSolver()
    limits, settings = program.limits, solver.settings
    settings.eps_abs = settings.eps_duality_gap_abs = ENOUGH
    settings.eps_rel = settings.eps_duality_gap_rel = RELATIVE
    limited = np.isfinite(limits.floor) | np.isfinite(limits.cap)
    equal, other = np.flatnonzero(limits.equal), np.flatnonzero(limited & ~limits.equal)
    # Where risk hardly counts the linear part is far above order one.
    size = max(1.0, float(np.abs(program.linear).max(initial=0.0)))
    solver.setup(
        program.square / size,
        program.linear / size,
        _part(program.rows, equal, sparse=sparse),
        limits.cap[equal],
        _part(program.rows, other, sparse=sparse),
        limits.floor[other],
        limits.cap[other],
        program.lower,
        program.upper,
    )
    if solver.solve() != piqp.PIQP_SOLVED:
        return None
    result, prices = solver.result, np.zeros(limits.cap.size)
    prices[equal], prices[other] = result.y, np.asarray(result.z_u) - np.asarray(result.z_l)
    return Inner(np.array(result.x), size * prices, int(result.info.iter))


def _part(rows: Any, which: Any, *, sparse: bool) -> Any:
    return rows[which].tocsc() if sparse else np.asfortranarray(rows[which])
