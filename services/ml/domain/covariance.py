"""The two ways to hold a covariance: dense, or factors plus a diagonal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.ml.domain.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Dense:
    """Σ, N × N and symmetric."""

    matrix: FloatArray

    @property
    def numbers(self) -> int:
        """How many numbers this takes."""
        return self.matrix.size

    def scaled(self, factor: float) -> Dense:
        """factor · Σ."""
        return Dense(factor * self.matrix)

    def shifted(self, shift: float) -> Dense:
        """Σ + shift · I."""
        matrix = self.matrix.copy()
        matrix.flat[:: len(matrix) + 1] += shift
        return Dense(matrix)


@dataclass(frozen=True, slots=True)
class Factors:
    """Σ = F Fᵀ + diag(D): `loadings` F is N × K, `specific` D has length N."""

    loadings: FloatArray
    specific: FloatArray

    @property
    def count(self) -> int:
        """K, which may be 0."""
        return int(self.loadings.shape[1])

    @property
    def numbers(self) -> int:
        """How many numbers this takes: N (K + 1)."""
        return self.loadings.size + self.specific.size

    @property
    def total_variance(self) -> float:
        """tr(Σ)."""
        return float(np.square(self.loadings).sum() + self.specific.sum())

    def scaled(self, factor: float) -> Factors:
        """factor · Σ."""
        return Factors(np.sqrt(factor) * self.loadings, factor * self.specific)

    def raised(self, floor: float) -> Factors:
        """The same F, and D raised to `floor` where it is below."""
        return Factors(self.loadings, np.maximum(self.specific, floor))

    def matrix(self) -> FloatArray:
        """Σ, N × N."""
        dense = self.loadings @ self.loadings.T
        dense.flat[:: len(dense) + 1] += self.specific
        return np.asarray(dense, dtype=np.float64)


Covariance = Dense | Factors


def facing_up(loadings: FloatArray) -> FloatArray:
    """F with the sign of each column chosen so that its sum is not negative: the first then reads as the market."""
    return np.asarray(np.where(loadings.sum(axis=0) < 0, -loadings, loadings), dtype=np.float64)
