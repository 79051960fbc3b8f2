"""Programs as the method takes them: contiguous, every field there, a row for each program or one for all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from services.optimizer.domain.solvers.dual_newton.method import IMPACT, LINEAR, PLAIN, TWO_KINKS
from services.optimizer.domain.solvers.dual_newton.program import Program, Programs
from services.optimizer.domain.solvers.dual_newton.structure import Structure
from services.optimizer.domain.vectors import Vector


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The fields of `Programs` as (1 or B, N), (1 or B, m) and (1 or B,); rows are scaled as the structure's are."""

    count: int
    kind: int
    expected_returns: Vector
    risk_aversion: Vector
    lower: Vector
    upper: Vector
    start: Vector
    linear_cost: Vector
    impact_cost: Vector
    borrow_cost: Vector
    floor: Vector
    cap: Vector
    turnover: Vector
    gross: Vector


def laid_out(programs: Program | Programs, structure: Structure) -> Layout:
    """Check and complete the fields. Raises ValueError for a shape that does not fit, γ ≤ 0 and a negative cost."""
    count = programs.count if isinstance(programs, Programs) else 1
    assets = structure.assets

    def rows(name: str, width: int) -> Vector:
        value = getattr(programs, name)
        array = _contiguous(np.zeros(width) if value is None else value).reshape(-1, width) if width else _EMPTY
        return _fitting(name, array, count)

    def numbers(name: str) -> Vector:
        return _fitting(name, _contiguous(getattr(programs, name)).reshape(-1), count)

    costs = [rows(name, assets) for name in ("linear_cost", "impact_cost", "borrow_cost")]
    risk_aversion, turnover, gross = numbers("risk_aversion"), numbers("turnover"), numbers("gross")
    if not risk_aversion.min() > 0 or min(float(cost.min()) for cost in costs) < 0:
        raise ValueError("risk aversion must be positive, and no cost negative")
    return Layout(
        count,
        _kind(costs, turnover, gross),
        _fitting("expected_returns", rows("expected_returns", assets), count),
        risk_aversion,
        rows("lower", assets),
        rows("upper", assets),
        rows("start", assets),
        *costs,
        rows("floor", structure.rows) * structure.row_scale,
        rows("cap", structure.rows) * structure.row_scale,
        turnover,
        gross,
    )


_EMPTY = np.zeros((1, 0))


def _contiguous(value: ArrayLike) -> Vector:
    return np.ascontiguousarray(value, dtype=np.float64)


def _fitting(name: str, array: Vector, count: int) -> Vector:
    if array.shape[0] not in (1, count):
        raise ValueError(f"{name} must have one row, or one for each of {count} programs, but has {array.shape[0]}")
    return array


def _kind(costs: list[Vector], turnover: Vector, gross: Vector) -> int:
    """The cheapest loop that knows all costs there are."""
    linear, impact, borrow = (bool(cost.max() > 0) for cost in costs)
    if borrow or bool(np.isfinite(gross).any()):
        return TWO_KINKS
    if impact:
        return IMPACT
    return LINEAR if linear or bool(np.isfinite(turnover).any()) else PLAIN
