"""Σ, the covariance of simple returns per year: as an N × N matrix or as a factor model Σ = F Fᵀ + diag(D)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from services.optimizer.domain.vectors import Index, Vector, vector

# An eigenvalue may be this far below zero, as a fraction of the largest variance, before Σ is refused:
# what rounding leaves in a sample covariance of rank below N.
PSD_TOLERANCE = 1e-9
SYMMETRY_TOLERANCE = 1e-9
# Where at most one weight in so many is not 0, copying their rows is less work than reading all of Σ.
FEW = 4
STRIP = 32


@dataclass(frozen=True, eq=False)
class DenseCovariance:
    """Σ as N × N, row-major."""

    matrix: Vector

    @property
    def assets(self) -> int:
        """N."""
        return int(self.matrix.shape[0])

    @property
    def numbers(self) -> int:
        """That say it."""
        return self.matrix.size

    def times(self, weights: Vector) -> Vector:
        """Σw: of few weights that are not 0 by their rows alone, since Σ is symmetric."""
        held = np.flatnonzero(weights)
        if FEW * held.size <= weights.size:
            return np.asarray(weights[held] @ self.matrix[held])
        return self.matrix @ weights

    @property
    def variances(self) -> Vector:
        """The diagonal of Σ."""
        return np.diag(self.matrix).copy()

    @cached_property
    def typical_variance(self) -> float:
        """The mean of Σ's diagonal; 1 if Σ is zero."""
        return float(self.variances.mean()) or 1.0

    def full(self) -> Vector:
        """Σ as N × N; not to be written to."""
        return self.matrix

    def submatrix(self, indices: Index) -> DenseCovariance:
        """Σ of these assets alone, in this order."""
        return DenseCovariance(np.ascontiguousarray(self.matrix[np.ix_(indices, indices)]))

    def raised(self, amount: float) -> DenseCovariance:
        """Σ with an amount added to every variance."""
        matrix = self.matrix.copy()
        matrix.flat[:: self.assets + 1] += amount
        return DenseCovariance(matrix)

    @cached_property
    def root(self) -> Vector:
        """B, R × N with Σ = BᵀB and R the rank: eigenvectors scaled by the roots of the positive eigenvalues."""
        values, vectors = np.linalg.eigh(self.matrix)
        kept = values > values.max(initial=0.0) * 1e-14
        return vector((vectors[:, kept] * np.sqrt(values[kept])).T)

    def defect(self) -> str | None:
        """What keeps Σ from being a covariance, with the mend; None if nothing does."""
        largest = max(float(self.matrix.max(initial=0.0)), -float(self.matrix.min(initial=0.0)))
        if self._asymmetry() > SYMMETRY_TOLERANCE * largest:
            return "must be symmetric: send (Σ + Σᵀ) / 2"
        shifted = self.matrix.copy()
        shifted.flat[:: self.assets + 1] += PSD_TOLERANCE * max(largest, float(np.finfo(float).tiny))
        # Here, since a service starts without it.
        from scipy.linalg import lapack

        # In place, since memory that is new costs as much as the sums where N is large.
        _, flawed = lapack.dpotrf(shifted.T, lower=1, clean=0, overwrite_a=1)
        if flawed:
            return "must be positive semidefinite: raise its negative eigenvalues to 0, or shrink it"
        return None

    def _asymmetry(self) -> float:
        """The greatest |Σᵢⱼ − Σⱼᵢ|, by strips: a whole transposed copy takes longer to write than to compare."""
        most = 0.0
        for first in range(0, self.assets, STRIP):
            along, across = self.matrix[first : first + STRIP, first:], self.matrix[first:, first : first + STRIP]
            most = max(most, float(np.abs(along - across.T).max()))
        return most


@dataclass(frozen=True, eq=False)
class FactorCovariance:
    """Σ = F Fᵀ + diag(D) with F as N × K loadings and D as N specific variances."""

    loadings: Vector
    specific: Vector

    @property
    def assets(self) -> int:
        """N."""
        return int(self.loadings.shape[0])

    @property
    def numbers(self) -> int:
        """That say it."""
        return self.loadings.size + self.specific.size

    def times(self, weights: Vector) -> Vector:
        """Σw."""
        return np.asarray(self.loadings @ (self.loadings.T @ weights) + self.specific * weights)

    @cached_property
    def variances(self) -> Vector:
        """The diagonal of Σ."""
        return np.asarray(np.square(self.loadings).sum(axis=1) + self.specific)

    @cached_property
    def typical_variance(self) -> float:
        """The mean of Σ's diagonal; 1 if Σ is zero."""
        return float(self.variances.mean()) or 1.0

    @cached_property
    def least_own(self) -> float:
        """The least part of an asset's variance that is its own; 0 where one has none."""
        if not bool(np.all(self.specific > 0)):
            return 0.0
        return float((self.specific / self.variances).min(initial=1.0))

    def full(self) -> Vector:
        """Σ as N × N, made anew at every call."""
        matrix = np.asarray(self.loadings @ self.loadings.T)
        matrix.flat[:: self.assets + 1] += self.specific
        return matrix

    def submatrix(self, indices: Index) -> FactorCovariance:
        """Σ of these assets alone, in this order."""
        return FactorCovariance(np.ascontiguousarray(self.loadings[indices]), self.specific[indices])

    def raised(self, amount: float) -> FactorCovariance:
        """Σ with an amount added to every variance."""
        return FactorCovariance(self.loadings, self.specific + amount)

    def defect(self) -> str | None:
        """What keeps Σ from being a covariance, with the mend; None if nothing does."""
        if bool(np.any(self.specific < 0)):
            return "specific variances must not be negative: raise them to 0 or above"
        return None


Covariance: TypeAlias = DenseCovariance | FactorCovariance


def variance(covariance: Covariance, weights: Vector) -> float:
    """wᵀΣw, never below zero."""
    return max(0.0, float(weights @ covariance.times(weights)))
