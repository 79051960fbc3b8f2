"""The two ways to write a covariance: dense, or factors plus a diagonal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.ml.domain.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Dense:
    """Σ, N × N and symmetric, with its extreme eigenvalues."""

    matrix: FloatArray
    smallest: float
    largest: float

    def scaled(self, factor: float) -> Dense:
        """factor · Σ."""
        return Dense(factor * self.matrix, factor * self.smallest, factor * self.largest)

    def shifted(self, shift: float) -> Dense:
        """Σ + shift · I."""
        matrix = self.matrix.copy()
        matrix.flat[:: len(matrix) + 1] += shift
        return Dense(matrix, self.smallest + shift, self.largest + shift)


@dataclass(frozen=True, slots=True)
class Factors:
    """Σ = F Fᵀ + diag(D): `loadings` F is N × K, `specific` D has length N and is positive."""

    loadings: FloatArray
    specific: FloatArray

    def scaled(self, factor: float) -> Factors:
        """factor · Σ."""
        return Factors(np.sqrt(factor) * self.loadings, factor * self.specific)

    def matrix(self) -> FloatArray:
        """Σ, N × N."""
        dense = self.loadings @ self.loadings.T
        dense.flat[:: len(dense) + 1] += self.specific
        return np.asarray(dense, dtype=np.float64)


Covariance = Dense | Factors
