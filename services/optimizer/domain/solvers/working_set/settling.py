"""From limits that nearly are those that press to those that do: a primal-dual active-set method.

Hintermüller, M., Ito, K. and Kunisch, K. (2002), "The primal-dual active set strategy as a semismooth Newton method",
SIAM Journal on Optimization 13(3), 865–888. Each step solves as if the limits at hand pressed, then lets go of those
whose price has the wrong sign and takes those that are broken. Where it comes to rest the weights are the optimum, but
nothing says that it does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.covariance import Covariance
from services.optimizer.domain.solvers.quadratics import Quadratic
from services.optimizer.domain.solvers.working_set.pieces import Limits, Pieces, row_values
from services.optimizer.domain.solvers.working_set.pressing import Held, Pressing, Sides
from services.optimizer.domain.vectors import Index, Mask, Vector

# Weights and rows may be past an end or a limit by this much: rounding.
PAST = 1e-12
# What a step is worth may be this fraction of what makes it up, where a limit holds it and where none does.
HELD_BACK, FREE = 1e-11, 1e-14
# Where refining does not get nearer than FREE, this is near enough.
NEAR_ENOUGH = 1e-9
# What counts as no risk at all, as a fraction of a typical variance.
RISKLESS = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """An optimum, y of the pieces' rows in units of q, and what presses there."""

    weights: Vector
    prices: Vector
    pressing: Pressing


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """Where a step led: the weights, where each piece is, and y."""

    weights: Vector
    at: Vector
    prices: Vector


class Settling:
    """Solves over one universe and its pieces; keeps what it factored last."""

    def __init__(self, covariance: Covariance, admissible: AdmissibleSet, of: Pieces) -> None:
        self._covariance, self._pieces = covariance, of
        self._typical = covariance.typical_variance
        self._held: tuple[Pressing, Held | None] | None = None
        self.steps = 0
        """Linear systems solved, in all."""
        self.aim(admissible)

    def aim(self, admissible: AdmissibleSet) -> None:
        """Take other limits of the rows."""
        self._admissible, self._limits = admissible, Limits.of(admissible)

    def settled(self, quadratic: Quadratic, near: Settled, most_steps: int) -> Settled | None:
        """The optimum, from near it; None if the steps do not come to rest there."""
        of, pressing, before = self._pieces, near.pressing, math.inf
        worth = (quadratic.linear[of.asset] - of.cost) / quadratic.aversion
        at, prices = of.places(near.weights), near.prices
        for _ in range(most_steps):
            taken = self._step(worth, at, prices, pressing)
            at, prices = taken.at, taken.prices
            found, residual = self._judged(worth, taken, pressing)
            if not found.same(pressing):
                pressing, before = found, math.inf
            elif residual <= FREE or residual > 0.5 * before:
                exact = of.weights(np.clip(at, of.left, of.right))
                return Settled(exact, prices, pressing) if residual <= NEAR_ENOUGH else None
            else:
                before = residual
        return None

    def gains(self, quadratic: Quadratic, weights: Vector, prices: Vector) -> Vector:
        """What more of each piece is worth, in units of q."""
        of = self._pieces
        worth = (quadratic.linear[of.asset] - of.cost) / quadratic.aversion
        return np.asarray(worth - self._covariance.times(weights)[of.asset] - prices @ of.rows)

    def _step(self, worth: Vector, at: Vector, prices: Vector, pressing: Pressing) -> _Step:
        """Solve as if these limits pressed; weights on a piece may come out beyond its ends."""
        self.steps += 1
        of, limits, sides = self._pieces, self._limits, pressing.pieces
        free, rows = np.flatnonzero(sides == 0), np.flatnonzero(pressing.rows)
        at = np.where(sides < 0, of.left, np.where(sides > 0, of.right, at))
        weights, prices = of.weights(at), np.where(pressing.rows == 0, 0.0, prices)
        held = self._factored(pressing, free, rows)
        if held is None:
            return _Step(weights, at, prices)
        whose = of.asset[free]
        pull = worth[free] - self._covariance.times(weights)[whose] - prices @ of.rows[:, free]
        limit = np.where(pressing.rows > 0, limits.cap, limits.floor)[rows]
        step, change = held.step(pull, limit - row_values(self._admissible, weights)[rows])
        weights[whose] += step
        at[free], prices[rows] = weights[whose], prices[rows] + change
        return _Step(weights, at, prices)

    def _factored(self, pressing: Pressing, free: Index, rows: Index) -> Held | None:
        if self._held is None or not self._held[0].same(pressing):
            block = self._covariance.submatrix(self._pieces.asset[free]).full()
            self._held = pressing, Held(block, self._pieces.rows[np.ix_(rows, free)]) if free.size else None
        return self._held[1]

    def _judged(self, worth: Vector, taken: _Step, pressing: Pressing) -> tuple[Pressing, float]:
        """What presses next, and how far weights and rows are from what they should be if that is the same."""
        of, sides, prices = self._pieces, pressing.pieces, taken.prices
        risk = self._covariance.times(taken.weights)[of.asset]
        wrong = ~self._limits.equal & (prices * pressing.rows < 0)
        gain = worth - risk - np.where(wrong, 0.0, prices) @ of.rows
        size = float(np.abs(worth).max() + np.abs(risk).max()) + RISKLESS * self._typical
        free, loose = sides == 0, HELD_BACK * size
        found: Sides = np.where(free & (taken.at < of.left - PAST), -1, sides)
        found = np.where(free & (taken.at > of.right + PAST), 1, found)
        found = np.where((sides < 0) & (gain > loose) & (of.left < of.right), 0, found)
        found = np.where((sides > 0) & (gain < -loose) & (of.left < of.right), 0, found)
        rows, missed = self._rows_judged(taken.weights, wrong, pressing.rows)
        residual = max(float(np.abs(gain[free]).max(initial=0.0)) / size, missed)
        return Pressing(found.astype(np.int8), rows), residual

    def _rows_judged(self, weights: Vector, wrong: Mask, sides: Sides) -> tuple[Sides, float]:
        """Which rows press next, and the most by which one that presses misses its limit."""
        limits, values = self._limits, row_values(self._admissible, weights)
        slack = PAST * (1 + np.abs(values))
        over, under = values - limits.cap, limits.floor - values
        found = np.where(wrong, 0, sides)
        found = np.where((sides == 0) & (over > slack), 1, found)
        found = np.where((sides == 0) & (under > slack), -1, found)
        missed = np.where(sides > 0, over, under)[sides != 0]
        return found.astype(np.int8), float(np.abs(missed).max(initial=0.0))
