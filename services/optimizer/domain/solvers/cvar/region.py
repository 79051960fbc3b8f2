"""The admissible set as columns and rows of a linear program, with gross leverage.

x = (w, n): the weights, and for a distance Σ|w_i − c_i| ≤ limit the n_i ≥ max(c_i − w_i, 0) of every asset that may
stand on both sides of c_i, so that |w_i − c_i| = w_i − c_i + 2n_i. For the others the sign is known and no n is needed.
Turnover is such a distance from w₀ and gross leverage, Σ|w_i|, one from 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.dual_bound import Multipliers, linear_bound
from services.optimizer.domain.vectors import Index, Vector


@dataclass(frozen=True, slots=True, eq=False)
class Distance:
    """Σ|w_i − c_i| ≤ limit."""

    center: Vector
    limit: float
    signs: Vector
    """Of w_i − c_i in the row of the limit: −1 only where w_i ≤ c_i always."""
    crossing: Index
    """The assets with an n."""

    @classmethod
    def of(cls, center: Vector, limit: float, admissible: AdmissibleSet) -> Distance:
        """Find out which side of the center each asset is on."""
        crossing = np.flatnonzero((admissible.lower < center) & (center < admissible.upper))
        return cls(center, limit, np.where(center >= admissible.upper, -1.0, 1.0), crossing)

    @property
    def size(self) -> int:
        """How many columns it needs; it has one row more."""
        return int(self.crossing.size)

    def rows(self, first: int, width: int) -> sparse.csr_array:
        """Σ s_i w_i + 2 Σ n_i, and w_i + n_i of each crossing asset, where n begins at column `first`."""
        own, here = np.arange(first, first + self.size), np.arange(1, 1 + self.size)
        columns = np.concatenate([np.arange(self.signs.size), own, self.crossing, own])
        lines = np.concatenate([np.zeros(self.signs.size + self.size, dtype=np.int64), here, here])
        values = np.concatenate([self.signs, np.full(self.size, 2.0), np.ones(2 * self.size)])
        return sparse.csr_array((values, (lines, columns)), shape=(1 + self.size, width))

    @property
    def floor(self) -> Vector:
        """What the rows must reach."""
        return np.concatenate([[-np.inf], self.center[self.crossing]])

    @property
    def cap(self) -> Vector:
        """What the rows must not exceed."""
        return np.concatenate([[self.limit + float(self.signs @ self.center)], np.full(self.size, np.inf)])

    def pull(self, prices: Vector) -> tuple[float, Vector]:
        """π ≥ 0 of the limit and π times a subgradient of the distance, from how hard each row presses upwards."""
        price = max(0.0, float(prices[0]))
        pull = price * self.signs
        pull[self.crossing] += prices[1:]
        return price, np.clip(pull, -price, price)


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """What the limits of a region are worth."""

    multipliers: Multipliers
    gross: float
    """Of one more unit of gross leverage."""
    gross_pull: Vector
    """The same times a subgradient of Σ|w_i|."""


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """The admissible set with Σ|w_i| ≤ gross, as  floor ≤ Ax ≤ cap  and  lower ≤ x ≤ upper."""

    admissible: AdmissibleSet
    gross: float | None
    turnover: Distance | None
    leverage: Distance | None
    matrix: sparse.csr_array
    floor: Vector
    cap: Vector
    row_scale: Vector
    """What the rows of the admissible set were divided by: the solver's tolerances are absolute."""

    @classmethod
    def of(cls, admissible: AdmissibleSet, gross: float | None) -> Region:
        """Write it down."""
        turnover = (
            None if admissible.turnover is None else Distance.of(admissible.start, 2 * admissible.turnover, admissible)
        )
        leverage = None if gross is None else Distance.of(np.zeros(admissible.assets), gross, admissible)
        distances = [each for each in (turnover, leverage) if each is not None]
        width = admissible.assets + sum(each.size for each in distances)
        scale = _sizes(admissible.matrix)
        rows: Any = sparse.diags_array(1 / scale) @ admissible.matrix
        blocks = [sparse.csr_array((rows.data, rows.indices, rows.indptr), shape=(rows.shape[0], width))]
        first = admissible.assets
        for each in distances:
            blocks.append(each.rows(first, width))
            first += each.size
        return cls(
            admissible,
            gross,
            turnover,
            leverage,
            matrix=sparse.csr_array(sparse.vstack(blocks)),
            floor=np.concatenate([admissible.floor / scale, *(each.floor for each in distances)]),
            cap=np.concatenate([admissible.cap / scale, *(each.cap for each in distances)]),
            row_scale=scale,
        )

    @property
    def lower(self) -> Vector:
        """Of x."""
        return np.concatenate([self.admissible.lower, np.zeros(self.matrix.shape[1] - self.admissible.assets)])

    @property
    def upper(self) -> Vector:
        """Of x."""
        return np.concatenate([self.admissible.upper, np.full(self.matrix.shape[1] - self.admissible.assets, np.inf)])

    @property
    def leverage_row(self) -> Vector:
        """The coefficients of Σ|w_i| on x; zero if it is not limited."""
        if self.leverage is None:
            return np.zeros(self.matrix.shape[1])
        return self.matrix[[-1 - self.leverage.size]].todense().ravel()

    def prices(self, row_duals: Vector) -> Prices:
        """Sort the duals of a minimization, positive where a floor holds, into multipliers of the limits."""
        count = self.row_scale.size
        moved, levered = 0.0, (0.0, np.zeros(self.admissible.assets))
        rows, pressing = -row_duals[:count] / self.row_scale, -row_duals[count:]
        if self.turnover is not None:
            own = 1 + self.turnover.size
            # τ counts ½ Σ|w − w₀|.
            moved, pressing = 2 * self.turnover.pull(pressing[:own])[0], pressing[own:]
        if self.leverage is not None:
            levered = self.leverage.pull(pressing)
        return Prices(Multipliers(rows, moved), *levered)

    def bound(self, cost: Vector, prices: Prices) -> float:
        """An upper bound on max costᵀw that holds for any prices.

        With |s_i| ≤ 1, gross − sᵀw ≥ gross − Σ|w_i| ≥ 0: π (gross − sᵀw) may be added to the goal.
        """
        bound = linear_bound(cost - prices.gross_pull, self.admissible, prices.multipliers)[0]
        return bound if self.gross is None else bound + prices.gross * self.gross

    def violation(self, weights: Vector) -> float:
        """How far the weights are outside, as the largest excess over any limit."""
        leverage = 0.0 if self.gross is None else float(np.abs(weights).sum()) - self.gross
        return max(self.admissible.violation(weights), leverage)


def _sizes(matrix: sparse.csr_array) -> Vector:
    """The largest coefficient of each row; 1 where there is none."""
    largest = np.asarray(abs(matrix).max(axis=1).todense()).ravel()
    return np.where(largest > 0, largest, 1.0)
