"""A cap on CVaR for engines that know linear rows only: each asks for the row that its answer breaks, and goes on."""

from __future__ import annotations

import numpy as np

from services.optimizer.domain.solvers.cvar.scenarios import Scenarios
from services.optimizer.domain.vectors import Vector

# Of the largest return: what a CVaR may be above the cap by rounding.
TOLERANCE = 1e-10


class CvarCuts:
    """CVaR(w) ≤ cap as the rows  −(Rᵀq)ᵀw ≤ cap  of all q with 0 ≤ q ≤ p/(1−β), Σq = 1, one by one on demand.

    Finitely many rows make up the cap, so that an outer loop that adds each violated one ends.
    """

    def __init__(self, scenarios: Scenarios, cap: float) -> None:
        """The cap is a loss per period of the scenarios."""
        self._scenarios = scenarios
        self._cap = cap
        self._slack = TOLERANCE * float(np.abs(scenarios.returns).max())

    def cut(self, weights: Vector) -> tuple[Vector, float] | None:
        """The row (a, limit), aᵀw ≤ limit, that these weights break most; None if CVaR(w) keeps the cap. O(S N)."""
        tail = self._scenarios.tail(weights)
        if tail.cvar <= self._cap + self._slack:
            return None
        return self._scenarios.row(tail.weights), self._cap
