"""Quadratic programs over a dense Σ without its factors, each solve from what pressed where the last one ended.

Few of N assets are held where there are lower bounds, so that few rows of Σ are looked at: an interior-point method
solves over some assets with all others at rest, `Settling` takes over its limits, sees all the others and lets those
that are worth it in. Where it does not come to rest the assets that looked best are added and all begins anew. Where
an asset has nowhere to rest, long and short, all assets are in from the first; then the limits are settled without an
interior point, which costs as much as many Cholesky factors.
"""

from __future__ import annotations

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.costs import CostRates
from services.optimizer.domain.covariance import DenseCovariance
from services.optimizer.domain.solvers import WORKING_SET
from services.optimizer.domain.solvers.quadratics import Quadratic
from services.optimizer.domain.solvers.working_set.interior import Boxed, inner_point
from services.optimizer.domain.solvers.working_set.names import first_names
from services.optimizer.domain.solvers.working_set.pieced import COLD_STEPS, PiecedQuadratics
from services.optimizer.domain.solvers.working_set.pieces import Limits, rest, row_values
from services.optimizer.domain.solvers.working_set.pressing import Pressing
from services.optimizer.domain.solvers.working_set.settling import Settled
from services.optimizer.domain.vectors import Index

# How many assets are added at first, and how often as many again.
ADDED, MOST_ROUNDS = 48, 8


class DenseQuadratics(PiecedQuadratics):
    """Solves over one universe of a dense Σ, one admissible set and one set of costs, which have no power of 3/2."""

    engine = WORKING_SET

    def __init__(self, covariance: DenseCovariance, admissible: AdmissibleSet, rates: CostRates | None) -> None:
        super().__init__(covariance, admissible, rates)
        self._matrix, self._resting = covariance.matrix, rest(admissible, rates)

    def _anew(self, quadratic: Quadratic) -> Settled | None:
        names = first_names(quadratic.linear, self._variances, self._admissible, self._resting)
        if names.size == self._resting.size and self._pieces.count == names.size:
            found = self._settling.settled(quadratic, self._all_free(), COLD_STEPS)
            if found is not None:
                return found
        everybody, added = np.arange(self._resting.size), ADDED
        for _ in range(MOST_ROUNDS):
            near = self._over(quadratic, names)
            wanted = everybody if near is None else self._wanted(quadratic, names, near)
            # An active-set method that is sent far away may not come to rest at all.
            if near is not None and wanted.size <= names.size:
                found = self._settling.settled(quadratic, near, COLD_STEPS)
                if found is not None or names.size == everybody.size or not wanted.size:
                    return found or self._unless_outside(near)
            if near is None and names.size == everybody.size:
                return None
            names, added = np.union1d(names, wanted[:added] if near is not None else everybody), 2 * added
            names = names if 2 * names.size <= everybody.size else everybody
        return None

    def _over(self, quadratic: Quadratic, names: Index) -> Settled | None:
        """The optimum over these assets alone, nearly."""
        of, unit = self._pieces, 1.0 / self._typical
        within = np.zeros(self._resting.size, dtype=bool)
        within[names] = True
        mine = np.flatnonzero(within[of.asset])
        whose = of.asset[mine]
        weights = np.where(within, of.left[of.first], self._resting)
        values = row_values(self._admissible, weights)
        square = self._matrix[np.ix_(whose, whose)]
        worth = self._settling.gains(quadratic, weights, np.zeros(self._limits.cap.size))[mine]
        limits = Limits(self._limits.floor - values, self._limits.cap - values)
        width = of.right[mine] - of.left[mine]
        found = inner_point(Boxed(unit * square.T, -unit * worth, of.rows[:, mine], limits, np.zeros(mine.size), width))
        if found is None:
            return None
        self._inner_steps += found.iterations
        np.add.at(weights, whose, found.found)
        return self._near(quadratic, weights, found.prices / unit)

    def _wanted(self, quadratic: Quadratic, names: Index, near: Settled) -> Index:
        """The other assets that are worth more than where they rest, the best first."""
        of, gains = self._pieces, self._settling.gains(quadratic, near.weights, near.prices)
        gains = np.where(near.weights[of.asset] <= of.left, gains, -gains)
        best = np.full(self._resting.size, -np.inf)
        movable = of.left < of.right
        np.maximum.at(best, of.asset[movable], gains[movable])
        best[names] = -np.inf
        wanted = np.flatnonzero(best > 0)
        return wanted[np.argsort(-best[wanted], kind="stable")]

    def _all_free(self) -> Settled:
        """Every asset between its bounds, and the equations alone."""
        of, limits = self._pieces, self._limits
        sides = np.where(of.left < of.right, 0, -1).astype(np.int8)
        middle = of.weights(0.5 * (of.left + of.right))
        return Settled(middle, np.zeros(limits.cap.size), Pressing(sides, limits.equal.astype(np.int8)))
