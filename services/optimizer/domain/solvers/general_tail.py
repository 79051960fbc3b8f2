"""The worst of equally likely scenarios: CVaR of weights, and the rows that lie below it.

Rockafellar, R. T. and Uryasev, S. (2000), "Optimization of conditional value-at-risk", Journal of Risk 2(3), 21–41:

    CVaR_β(w) = max over q of  −(Rᵀq)ᵀw        with  0 ≤ q_s ≤ 1/((1−β)S),  Σq = 1

so that every such q gives a row a = −Rᵀq with CVaR(w) ≥ aᵀw for every w.
"""

from __future__ import annotations

import numpy as np

from services.optimizer.domain.errors import SolverFailed
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.vectors import Vector

ENGINE = "cvxpy"
"""The engine that results name."""


def scenarios_of(moments: Moments) -> Vector:
    """R, S × N simple returns per session. Raises SolverFailed where validation should have refused their absence."""
    if moments.scenarios is None:
        raise SolverFailed(ENGINE, "the conditional value at risk needs scenarios")
    return moments.scenarios


def shares(scenarios: Vector, confidence: float) -> Vector:
    """How much of the tail each scenario may fill: 1/((1−β)S), length S."""
    count = scenarios.shape[0]
    return np.full(count, 1.0 / ((1.0 - confidence) * count))


def cvar(scenarios: Vector, confidence: float, weights: Vector) -> float:
    """The mean loss in the worst 1−β, a fraction of the portfolio's value per session; O(S N)."""
    losses = np.sort(-(scenarios @ weights))[::-1]
    # Filled from the worst down, the last one in part.
    filled = np.minimum(np.cumsum(shares(scenarios, confidence)), 1.0)
    return float(np.diff(filled, prepend=0.0) @ losses)


def tail_row(scenarios: Vector, confidence: float, prices: Vector) -> Vector:
    """a, length N, of the q nearest to the prices, length S, of the excesses, which are such a q times a factor."""
    greatest, prices = shares(scenarios, confidence), np.maximum(prices, 0.0)
    total = float(prices.sum())
    likely = np.minimum(prices / total, greatest) if total > 0 else np.zeros(greatest.size)
    room = greatest - likely
    likely = likely + (1.0 - likely.sum()) * room / (float(room.sum()) or 1.0)
    return np.asarray(-(likely @ scenarios))
