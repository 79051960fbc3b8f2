"""K principal components plus a diagonal.

With the sample covariance S = V Λ Vᵀ (divisor T − 1), eigenvalues falling, and the first K of them kept:

    F = V_K Λ_K^½,  D = diag(S − F Fᵀ),  Σ̂ = F Fᵀ + diag(D)

so that Σ̂ has the sample variances on its diagonal. With centred returns X = U diag(s) Vᵀ the columns of F are
Xᵀ u_k / √(T − 1): where N > T only XXᵀ, T × T, is decomposed, and no N × N matrix is formed. Source: G. Connor and
R. Korajczyk, Performance measurement with the arbitrage pricing theory, Journal of Financial Economics 15 (1986)
373–394, §3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.ml.domain.arrays import FloatArray
from services.ml.domain.covariance import Factors

# D is at least this share of the mean variance: an engine divides by it.
LEAST_SPECIFIC_SHARE = 1e-8
# The floor where all returns are constant and there is no variance to take a share of.
LEAST_SPECIFIC = 1e-16


@dataclass(frozen=True, slots=True)
class FactorModel:
    """Σ̂, the most that was added to an entry of D to keep it positive, and the explained share of tr(S)."""

    covariance: Factors
    raised: float
    explained: float


def pca_factors(returns: FloatArray, factors: int) -> FactorModel:
    """The factor model per session, of T × N returns with factors ≤ min(T − 1, N)."""
    sessions = len(returns)
    centred = (returns - returns.mean(axis=0)) / np.sqrt(sessions - 1)
    loadings = _loadings(centred, factors)
    variances = np.square(centred).sum(axis=0)
    left_over = variances - np.square(loadings).sum(axis=1)
    floor = max(LEAST_SPECIFIC_SHARE * float(variances.mean()), LEAST_SPECIFIC)
    specific = np.maximum(left_over, floor)
    total = float(variances.sum())
    explained = min(1.0, float(np.square(loadings).sum()) / total) if total > 0 else 0.0
    return FactorModel(Factors(loadings, specific), float((specific - left_over).max()), explained)


def _loadings(centred: FloatArray, factors: int) -> FloatArray:
    """F, N × K, by falling variance; each column's sum is not negative, so that the first reads as the market."""
    sessions, assets = centred.shape
    if assets > sessions:
        _, left = np.linalg.eigh(centred @ centred.T)
        loadings = centred.T @ left[:, ::-1][:, :factors]
    else:
        variances, directions = np.linalg.eigh(centred.T @ centred)
        scale = np.sqrt(np.maximum(variances[::-1][:factors], 0.0))
        loadings = directions[:, ::-1][:, :factors] * scale
    return np.asarray(np.where(loadings.sum(axis=0) < 0, -loadings, loadings), dtype=np.float64)
