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
        added, near = ADDED, None
        for _ in range(MOST_ROUNDS):
            near = self._over(quadratic, names)
            found = None if near is None else self._settling.settled(quadratic, near, COLD_STEPS)
            if found is not None or names.size == self._resting.size:
                return found or (near and self._unless_outside(near))
            names, added = self._more(quadratic, names, near, added), 2 * added
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

    def _more(self, quadratic: Quadratic, names: Index, near: Settled | None, added: int) -> Index:
        """These assets and those that look best of the others; all of them if none does."""
        count, of = self._resting.size, self._pieces
        if near is None:
            return np.arange(count)
        gains, outside = self._settling.gains(quadratic, near.weights, near.prices), np.ones(count, dtype=bool)
        outside[names] = False
        gains = np.where(near.weights[of.asset] <= of.left, gains, -gains)
        wanted = np.flatnonzero(outside[of.asset] & (of.left < of.right) & (gains > 0))
        best = wanted[np.argsort(-gains[wanted], kind="stable")[:added]]
        more = np.union1d(names, of.asset[best])
        return more if best.size and 2 * more.size <= count else np.arange(count)

    def _all_free(self) -> Settled:
        """Every asset between its bounds, and the equations alone."""
        of, limits = self._pieces, self._limits
        sides = np.where(of.left < of.right, 0, -1).astype(np.int8)
        middle = of.weights(0.5 * (of.left + of.right))
        return Settled(middle, np.zeros(limits.cap.size), Pressing(sides, limits.equal.astype(np.int8)))
