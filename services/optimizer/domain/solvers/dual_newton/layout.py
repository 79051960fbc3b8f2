"""Programs as the method takes them: contiguous, every field there, a row for each program or one for all."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.solvers.dual_newton.method import IMPACT, LINEAR, PLAIN, TWO_KINKS
from services.optimizer.domain.solvers.dual_newton.program import Program, Programs
from services.optimizer.domain.solvers.dual_newton.structure import Structure
from services.optimizer.domain.vectors import Vector, compilable


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
    count, assets = programs.count if isinstance(programs, Programs) else 1, structure.assets

    nothing = np.zeros((1, assets))

    def rows(name: str, width: int = assets) -> Vector:
        value = getattr(programs, name)
        if value is None:
            return nothing
        array = compilable(value)
        array = array.reshape(1, -1) if array.ndim == 1 else array
        if array.ndim != 2 or array.shape[1] != width or array.shape[0] not in (1, count):
            raise ValueError(f"{name} must be (1 or {count}, {width}), but is {array.shape}")
        return array

    def numbers(name: str) -> Vector:
        array = np.array(getattr(programs, name), dtype=np.float64, ndmin=1)
        if array.shape not in {(1,), (count,)}:
            raise ValueError(f"{name} must be one number or {count}, but is {array.shape}")
        return array

    risk_aversion = numbers("risk_aversion")
    if not risk_aversion.min() > 0:
        raise ValueError("risk aversion must be positive")
    floor, cap = rows("floor", structure.rows), rows("cap", structure.rows)
    if structure.scaled:
        floor, cap = floor * structure.row_scale, cap * structure.row_scale
    return Layout(
        count,
        _kind(programs),
        rows("expected_returns"),
        risk_aversion,
        rows("lower"),
        rows("upper"),
        rows("start"),
        rows("linear_cost"),
        rows("impact_cost"),
        rows("borrow_cost"),
        floor,
        cap,
        numbers("turnover"),
        numbers("gross"),
    )


def _kind(programs: Program | Programs) -> int:
    """The cheapest loop that knows all costs there are."""
    linear = _costs("linear_cost", programs.linear_cost)
    impact, borrow = _costs("impact_cost", programs.impact_cost), _costs("borrow_cost", programs.borrow_cost)
    if borrow or _limited(programs.gross):
        return TWO_KINKS
    if impact:
        return IMPACT
    return LINEAR if linear or _limited(programs.turnover) else PLAIN


def _limited(limit: Vector | float) -> bool:
    return limit < math.inf if isinstance(limit, float) else bool(np.min(limit) < math.inf)


def _costs(name: str, cost: Vector | None) -> bool:
    """Whether it costs anything. Raises ValueError if it pays."""
    if cost is None:
        return False
    if cost.min(initial=0.0) < 0:
        raise ValueError(f"{name} must not be negative")
    return bool(cost.max(initial=0.0) > 0)
