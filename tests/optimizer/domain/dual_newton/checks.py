"""What an answer must be, whoever found it."""

from __future__ import annotations

import numpy as np

from services.optimizer.domain.solvers.dual_newton import DualNewton, NewtonAnswer
from tests.optimizer.domain.dual_newton.regimes import Drawn

GAP = 1e-9
VIOLATION = 1e-9


def solver(drawn: Drawn, *, compiled: bool = True) -> DualNewton:
    return DualNewton(drawn.loadings, drawn.specific, drawn.rows, compiled=compiled)


def solved(drawn: Drawn, start: np.ndarray | None = None, *, compiled: bool = True) -> NewtonAnswer:
    return solver(drawn, compiled=compiled).solve(drawn.program, start)


def objective(drawn: Drawn, w: np.ndarray) -> float:
    """In the words of the program's docstring."""
    program, exposures = drawn.program, drawn.loadings.T @ w
    gone = np.abs(w - (0.0 if program.start is None else program.start))
    value = 0.5 * program.risk_aversion * (exposures @ exposures + drawn.specific @ w**2)
    value -= program.expected_returns @ w
    value += 0.0 if program.linear_cost is None else program.linear_cost @ gone
    value += 0.0 if program.impact_cost is None else program.impact_cost @ gone**1.5
    value += 0.0 if program.borrow_cost is None else program.borrow_cost @ np.maximum(-w, 0.0)
    return float(value)


def violation(drawn: Drawn, w: np.ndarray) -> float:
    """How far the weights are outside, rows in units of their largest coefficient if that is above one."""
    program, used = drawn.program, drawn.rows @ w
    unit = np.maximum(np.abs(drawn.rows).max(axis=1, initial=0.0), 1.0)
    excess = [program.lower - w, w - program.upper, (program.floor - used) / unit, (used - program.cap) / unit]
    start = 0.0 if program.start is None else program.start
    excess.append(np.array([0.5 * np.abs(w - start).sum() - program.turnover, np.abs(w).sum() - program.gross]))
    return max(0.0, float(np.concatenate(excess).max()))


def defect(drawn: Drawn, answer: NewtonAnswer) -> str | None:
    """What is wrong with an answer to a program that has one; None if nothing is."""
    unit = max(1.0, abs(answer.value))
    off = violation(drawn, answer.weights)
    if not answer.converged:
        return f"no convergence: residual {answer.residual:.1e} after {answer.iterations} steps"
    if not -GAP <= (answer.value - answer.bound) / unit <= GAP:
        return f"a gap of {answer.value - answer.bound:.1e}"
    if not off <= VIOLATION:
        return f"a violation of {off:.1e}"
    if not abs(answer.value - objective(drawn, answer.weights)) <= GAP * unit:
        return "a value that is not the objective of the weights"
    return None
