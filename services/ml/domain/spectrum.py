"""Extreme eigenvalues, without an N × N eigenproblem where it can be spared.

Of XᵀX, with X of T × N: its nonzero eigenvalues are those of XXᵀ, so the smaller of the two is decomposed.

Of Σ = F Fᵀ + diag(D), with F of N × K: products with Σ cost N K, and so do products with its inverse, by Woodbury's
identity in a form that squares nothing. With D^(−½) F = U diag(s) Wᵀ, U of N × K with orthonormal columns,

    Σ⁻¹ = D^(−½) (I − U diag(s² / (1 + s²)) Uᵀ) D^(−½)

so both extremes are largest eigenvalues, which Lanczos' method finds. Where D = d I and K < N the smallest is d; where
K ≥ N there is nothing to spare.
"""

from __future__ import annotations

import numpy as np

from services.ml.domain.arrays import FloatArray
from services.ml.domain.covariance import Factors
from services.ml.domain.lanczos import largest_eigenvalue

EPSILON = float(np.finfo(np.float64).eps)


def symmetric_extremes(matrix: FloatArray) -> tuple[float, float]:
    """The smallest and the largest eigenvalue of a symmetric matrix."""
    eigenvalues = np.linalg.eigvalsh(matrix)
    return float(eigenvalues[0]), float(eigenvalues[-1])


def gram_extremes(centred: FloatArray, gram: FloatArray) -> tuple[float, float]:
    """The smallest and the largest eigenvalue of XᵀX, of X and the smaller of XᵀX and XXᵀ."""
    sessions, assets = centred.shape
    smallest, largest = symmetric_extremes(gram)
    return (0.0 if assets > sessions else smallest), largest


def factor_extremes(covariance: Factors) -> tuple[float, float]:
    """The smallest and the largest eigenvalue of F Fᵀ + diag(D), D positive; with K < N the first errs up if at all."""
    loadings, specific = covariance.loadings, covariance.specific
    assets, factors = loadings.shape
    if not factors:
        return float(specific.min()), float(specific.max())
    if factors >= assets:
        # N × N is then the smaller side; and the inverse of such a Σ would lose the digits that D is smaller by.
        return symmetric_extremes(covariance.matrix())
    largest = largest_eigenvalue(lambda v: loadings @ (v @ loadings) + specific * v, assets)
    level = float(specific.min())
    if level == specific.max():
        return level, max(level, largest)
    return _smallest(covariance), max(level, largest)


def _smallest(covariance: Factors) -> float:
    """The smallest eigenvalue of F Fᵀ + diag(D), as one over the largest of the inverse."""
    root = np.sqrt(covariance.specific)
    # QR first: of a tall matrix it costs less than the singular values, and K × K is left for them.
    basis, inner = np.linalg.qr(covariance.loadings / root[:, None])
    left, scale, _ = np.linalg.svd(inner, full_matrices=False)
    held, basis = scale**2 / (1.0 + scale**2), basis @ left

    def inverse_times(vector: FloatArray) -> FloatArray:
        turned = vector / root
        return np.asarray((turned - basis @ (held * (turned @ basis))) / root, dtype=np.float64)

    return 1.0 / largest_eigenvalue(inverse_times, len(root))
