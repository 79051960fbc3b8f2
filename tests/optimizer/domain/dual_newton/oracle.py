"""The same programs stated in cvxpy, solved by an interior point method."""

from __future__ import annotations

import cvxpy as cp
import numpy as np

from tests.optimizer.domain.dual_newton.regimes import Drawn

PRECISE = {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10}


def best(drawn: Drawn) -> float:
    """The least objective."""
    program, w = drawn.program, cp.Variable(drawn.assets)
    risk = cp.sum_squares(cp.multiply(np.sqrt(drawn.specific), w))
    if drawn.loadings.shape[1]:
        risk += cp.sum_squares(drawn.loadings.T @ w)
    cost = 0.5 * program.risk_aversion * risk - program.expected_returns @ w
    start = np.zeros(drawn.assets) if program.start is None else program.start
    if program.linear_cost is not None:
        cost += program.linear_cost @ cp.abs(w - start)
    if program.impact_cost is not None:
        cost += program.impact_cost @ cp.power(cp.abs(w - start), 1.5)
    if program.borrow_cost is not None:
        cost += program.borrow_cost @ cp.pos(-w)
    limits = _within(w, program.lower, program.upper)
    if drawn.rows.shape[0]:
        limits += _within(drawn.rows @ w, program.floor, program.cap)
    if np.isfinite(program.turnover):
        limits.append(0.5 * cp.norm1(w - start) <= program.turnover)
    if np.isfinite(program.gross):
        limits.append(cp.norm1(w) <= program.gross)
    stated = cp.Problem(cp.Minimize(cost), limits)
    stated.solve(solver=cp.CLARABEL, **PRECISE)
    assert stated.status in {cp.OPTIMAL, cp.OPTIMAL_INACCURATE}, stated.status
    return float(stated.value)


def _within(value: cp.Expression, floor: np.ndarray, cap: np.ndarray) -> list[cp.Constraint]:
    floored, capped = np.flatnonzero(np.isfinite(floor)), np.flatnonzero(np.isfinite(cap))
    found = [value[floored] >= floor[floored]] if floored.size else []
    return found + ([value[capped] <= cap[capped]] if capped.size else [])
