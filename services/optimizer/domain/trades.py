"""The trades from the current weights to the new ones, and what each costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.costs import cost_rates
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.vectors import Vector


@dataclass(frozen=True, slots=True, eq=False)
class Trades:
    """By asset, each of length N, as fractions of the portfolio's value: of the trade itself, borrowing per year."""

    start: Vector
    """w₀."""
    commission: Vector
    spread: Vector
    impact: Vector
    borrow: Vector


def trades(problem: Problem, weights: Vector) -> Trades:
    """What it takes to come from w₀ to w."""
    rates, start = cost_rates(problem.costs, problem.moments), problem.current_weights()
    moved = np.abs(weights - start)
    return Trades(
        start=start,
        commission=rates.commission * moved,
        spread=rates.spread * moved,
        impact=rates.impact * moved * np.sqrt(moved),
        borrow=rates.borrow * np.maximum(-weights, 0.0),
    )
