"""Which limits press on a portfolio, and the one linear system that says the weights and prices if they do.

With f the pieces that weights are on, A the rows that press and c the slopes of the costs, from any weights w and
prices y

    Σ_ff d + A_fᵀ e = (a − c)_f / q − (Σw)_f − A_fᵀ y        A_f d = limit − A w

is the way to the optimum over these pieces and rows, prices in units of q. Σ_ff does not change with q.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas, lapack

from services.optimizer.domain.solvers.working_set.pieces import Limits, Pieces
from services.optimizer.domain.vectors import Vector

# Added to Σ_ff, as a fraction of its mean variance, where it has no Cholesky factor that is good for anything: a pull
# back to where the weights are, of which nothing is left once the same step is made again and again.
PULL_BACK = 1e-9
# A row that is a combination of others but for this fraction presses for nobody.
DEPENDENT = 1e-11

Sides = NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Pressing:
    """Sides: −1 presses on the left end of a piece or on a row's floor, 1 on its right end or cap, 0 on neither."""

    pieces: Sides
    rows: Sides

    def same(self, other: Pressing) -> bool:
        """Whether the same limits press."""
        return np.array_equal(self.pieces, other.pieces) and np.array_equal(self.rows, other.rows)


def likely(of: Pieces, limits: Limits, weights: Vector, values: Vector, *, gain: Vector, prices: Vector) -> Pressing:
    """Guess what presses on nearly optimal weights: whatever a step along the gradient would run into.

    Gains, of each piece, and prices are in units in which a variance is of order one; `values` are those of the rows.
    """
    step = weights[of.asset] + gain
    sides = np.where(step <= of.left, -1, np.where(step > of.right, 1, 0))
    sides[of.left >= of.right] = -1
    capped, floored = prices > limits.cap - values, -prices > values - limits.floor
    rows = np.where(limits.equal | capped, 1, np.where(floored, -1, 0))
    return Pressing(sides.astype(np.int8), rows.astype(np.int8))


class Held:
    """The system of one set of pressing limits, factored."""

    def __init__(self, block: Vector, rows: Vector) -> None:
        """Take Σ_ff, one free piece at least, and A_f."""
        self._factor = _factor(block)
        # L⁻¹ A_fᵀ, whose columns make up the rows' own system.
        self._across = blas.dtrsm(1.0, self._factor, rows.T, lower=1)
        values, vectors = np.linalg.eigh(self._across.T @ self._across)
        kept = values > DEPENDENT * float(values.max(initial=0.0))
        self._inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T

    def step(self, pull: Vector, missing: Vector) -> tuple[Vector, Vector]:
        """d and e; of rows that depend on each other the least change of prices that does it."""
        along = lapack.dtrtrs(self._factor, pull, lower=1)[0]
        change = self._inverse @ (self._across.T @ along - missing)
        return lapack.dtrtrs(self._factor, along - self._across @ change, lower=1, trans=1)[0], change


def _factor(block: Vector) -> Vector:
    """L with LLᵀ = Σ_ff, or as nearly so as can be."""
    typical = float(np.trace(block)) / block.shape[0] or 1.0
    found, flawed = lapack.dpotrf(block.T, lower=1)
    if flawed or float(np.diagonal(found).min()) ** 2 <= PULL_BACK * typical:
        padded = block.copy()
        padded.flat[:: block.shape[0] + 1] += PULL_BACK * typical
        found, _ = lapack.dpotrf(padded.T, lower=1)
    return np.asarray(found)
