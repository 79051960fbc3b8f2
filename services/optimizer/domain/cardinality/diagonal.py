"""A covariance as F Fᵀ + D with D as large as it may be: the part of the risk that is each asset's own.

The perspective relaxation is as strong as D is large. A factor model brings its own. Of any other Σ it is learned,

    max Σ cᵢ dᵢ   subject to   Σ − diag(d) ⪰ 0,   d ≥ 0,

whose dual, min ⟨Σ, VᵀV⟩ with |vᵢ|² ≥ cᵢ, is solved vector by vector (Wang, Chang and Kolter 2017, The mixing method:
low-rank coordinate descent for semidefinite programming with diagonal constraints).
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy import linalg

from services.optimizer.domain.covariance import Covariance, DenseCovariance, FactorCovariance
from services.optimizer.domain.solvers.dual_newton import COMPILED
from services.optimizer.domain.vectors import Index, Vector, vector

SWEEPS, MOST_ROWS = 150, 75_000
"""Over all rows, and rows in all; more of them raise a bound by less than a thousandth."""
AGAIN = 10
"""Sweeps for other weights, from where the last ones led."""
# What the smallest eigenvalue gives every asset, so that none has nothing; and what rounding may take.
MIXED, KEPT = 0.03, 1.0 - 1e-9
LEAST = 1e-9
"""Of a variance: a specific variance below this part of it is no part of the asset's own."""
LIGHTEST = 1e-4
"""Of the largest weight: no weight is smaller."""


class OwnRisk:
    """What may be taken off the diagonal of one Σ of full rank. Raises LinAlgError for another one."""

    def __init__(self, covariance: DenseCovariance, whole: tuple[float, Vector] | None = None) -> None:
        """Of a part of a universe, `whole` has the universe's smallest eigenvalue and its rows of V, to begin with."""
        self._matrix, self.scale = covariance.matrix, np.sqrt(covariance.variances)
        if not bool(np.all(self.scale > 0)):
            raise np.linalg.LinAlgError("an asset has no variance")
        self.correlation = self._matrix / np.outer(self.scale, self.scale)
        # A part's smallest eigenvalue is no smaller (Cauchy).
        self.smallest = float(np.linalg.eigvalsh(self.correlation)[0]) if whole is None else whole[0]
        if self.smallest <= LEAST:
            raise np.linalg.LinAlgError("the covariance lacks full rank")
        self._lower = linalg.cholesky(self.correlation, lower=True)
        count = self.scale.size
        if whole is None:
            rows = np.random.default_rng(count).standard_normal((count, int(np.sqrt(2 * count)) + 2))
        else:
            rows = whole[1]
        self.rows, self._known = rows / np.linalg.norm(rows, axis=1)[:, None], whole is not None

    @cached_property
    def even(self) -> Vector:
        """D where every asset counts alike, (N,)."""
        count = self.scale.size
        return self._learned(np.ones(count), self.rows, AGAIN if self._known else most_sweeps(count))

    def among(self, members: Index) -> OwnRisk:
        """The same of some of its assets. Raises LinAlgError where rounding leaves them less than full rank."""
        return OwnRisk(DenseCovariance(self._matrix[np.ix_(members, members)]), (self.smallest, self.rows[members]))

    def weighted(self, weights: Vector) -> Vector:
        """D where asset i counts cᵢ ≥ 0, (N,)."""
        scaled = weights * self.scale**2
        most = float(scaled.max())
        if most <= 0:
            return self.even
        counted = np.maximum(scaled, LIGHTEST * most)
        counted /= counted.mean()
        rows = self.rows * np.sqrt(counted)[:, None]
        return self._learned(counted, rows / np.linalg.norm(self.rows, axis=1)[:, None], AGAIN)

    def share(self, taken: Vector) -> float:
        """How much of a matrix (N, N) may be taken off the correlations, so that they stay semidefinite; at most 1.

        The largest multiple T that leaves Σ − T semidefinite is the one with λmax(L⁻¹ T L⁻ᵀ) = 1, where Σ = L Lᵀ.
        """
        whitened = linalg.solve_triangular(self._lower, taken, lower=True)
        whitened = linalg.solve_triangular(self._lower, whitened.T, lower=True)
        last = self.scale.size - 1
        largest = float(linalg.eigvalsh(whitened, subset_by_index=(last, last))[0])
        return min(1.0, 1.0 / largest) if largest > 0 else 1.0

    def factors(self, own: Vector, spared: Vector | float = 0.0) -> FactorCovariance:
        """Σ, less what is spared of it, as F Fᵀ + D for a D of this object's."""
        values, vectors = np.linalg.eigh(self._matrix - spared - np.diag(own))
        return FactorCovariance(vector(vectors * np.sqrt(np.maximum(values, 0.0))), vector(own))

    def _learned(self, weights: Vector, rows: Vector, sweeps: int) -> Vector:
        own = np.maximum(mixed(self.correlation, weights, rows, sweeps), 0.0)
        own *= self.share(np.diag(own))
        return np.asarray(KEPT * ((1 - MIXED) * own + MIXED * self.smallest) * self.scale**2)


def with_own_risk(covariance: Covariance) -> FactorCovariance | OwnRisk | None:
    """The same covariance with D > 0, or what D may be; None if it has none, as a singular one has not."""
    if isinstance(covariance, FactorCovariance):
        enough = bool(np.all(covariance.specific > LEAST * covariance.variances))
        return covariance if enough else None
    try:
        return OwnRisk(covariance)
    except np.linalg.LinAlgError:
        return None


def most_sweeps(count: int) -> int:
    """Over so many rows."""
    return min(SWEEPS, max(1, MOST_ROWS // count))


def mixed(correlation: Vector, weights: Vector, rows: Vector, sweeps: int) -> Vector:
    """d after some sweeps over V (N, R), which is left where they led.

    vᵢ ← −gᵢ max(√cᵢ / |gᵢ|, 1 / Σᵢᵢ)   with   gᵢ = Σ_{j ≠ i} Σᵢⱼ vⱼ,        dᵢ = Σᵢᵢ − |gᵢ| / |vᵢ|.
    """
    if COMPILED:
        from services.optimizer.domain.cardinality import mixing

        return np.asarray(mixing.mixed(correlation, weights, rows, sweeps))
    found = np.empty(weights.size)
    for _ in range(sweeps):
        for i in range(weights.size):
            pull = correlation[i] @ rows - correlation[i, i] * rows[i]
            size = float(np.sqrt(pull @ pull))
            length = max(float(np.sqrt(weights[i])), size / float(correlation[i, i]))
            if size > 0:
                rows[i] = -pull * (length / size)
            found[i] = correlation[i, i] - size / length
    return found
