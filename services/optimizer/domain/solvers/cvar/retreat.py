"""From weights that break the cap on CVaR back towards weights that keep it."""

from __future__ import annotations

from dataclasses import dataclass

from services.optimizer.domain.solvers.cvar.scenarios import Scenarios, Tail
from services.optimizer.domain.vectors import Vector

_NEWTON_STEPS = 50
# Of the size of a return: what rounding may hold the last step short of the cap by.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Refuge:
    """Weights that keep the cap, with their losses in each scenario."""

    weights: Vector
    losses: Vector

    def nearest(self, weights: Vector, losses: Vector, scenarios: Scenarios, cap: float) -> tuple[Vector, Tail] | None:
        """The point nearest to `weights` on the way here that keeps the cap; None if steps do not reach it.

        CVaR is convex and piecewise linear on the way, so that Newton's steps come from the far side and are finite.
        """
        share, way, largest = 1.0, losses - self.losses, cap + _ROUNDING * scenarios.scale
        for _ in range(_NEWTON_STEPS):
            tail = scenarios.tail_of(self.losses + share * way)
            if tail.cvar <= largest:
                return self.weights + share * (weights - self.weights), tail
            slope = float(tail.weights @ way)
            if slope <= 0:
                break
            share = max(0.0, share - (tail.cvar - cap) / slope)
        return None
