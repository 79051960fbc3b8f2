"""Covariance cleaned of noise: what random returns would show as well is flattened.

With the sample volatilities σ (divisor T − 1), the sample correlation C = V Λ Vᵀ of the N returns that vary, and the
upper edge of the Marchenko–Pastur law of independent returns,

    λ₊ = (1 + √(N / T))²
    λ̄  = (N − Σ_{λ(k) > λ₊} λ(k)) / #{λ(k) ≤ λ₊}
    F  = diag(σ) V_K (Λ_K − λ̄ I)^½,  D = λ̄ σ²,  Σ̂ = F Fᵀ + diag(D)

with the K eigenvalues above λ₊: they stay, all others become their mean λ̄, and the trace of the correlation, N, is
kept. Its diagonal is not put back to ones, so a variance may move a little. Only the K eigenpairs are computed, of C
or, with N > T, of the T × T matrix that has the same. Sources: L. Laloux, P. Cizeau, M. Potters and J.-P. Bouchaud,
Random matrix theory and financial correlations, International Journal of Theoretical and Applied Finance 3 (2000)
391–397; M. López de Prado, A robust estimator of the efficient frontier, SSRN 3469961 (2018), "constant residual
eigenvalue".
"""

from __future__ import annotations

import numpy as np

from services.ml.domain.arrays import FloatArray
from services.ml.domain.covariance import Factors, facing_up
from services.ml.domain.gram import smaller_gram
from services.ml.domain.pairs import pairs_above
from services.ml.domain.spectrum import EPSILON


def rmt_denoised(returns: FloatArray) -> tuple[Factors, float]:
    """Σ̂ per session, and the share of the correlation's trace above the edge, of T × N returns, T ≥ 2."""
    sessions, assets = returns.shape
    mean = returns.mean(axis=0)
    centred = returns - mean
    volatilities = np.sqrt(np.einsum("ti,ti->i", centred, centred) / (sessions - 1))
    # A return that never varies, but for rounding, has no correlation: its column is zero, and it is not counted.
    volatilities[volatilities <= 8 * EPSILON * np.abs(mean)] = 0.0
    varying = int(np.count_nonzero(volatilities))
    if not varying:
        return Factors(np.empty((assets, 0)), np.zeros(assets)), 0.0
    inverse = np.divide(1.0, volatilities, out=np.zeros(assets), where=volatilities > 0)
    centred *= inverse / np.sqrt(sessions - 1)
    eigenvalues, directions = _above(centred, edge(varying, sessions))
    left_over = varying - float(eigenvalues.sum())
    level = max(0.0, left_over) / (varying - len(eigenvalues))
    loadings = volatilities[:, None] * (directions * np.sqrt(eigenvalues - level))
    return Factors(facing_up(loadings), level * volatilities**2), min(1.0, float(eigenvalues.sum()) / varying)


def edge(assets: int, sessions: int) -> float:
    """λ₊: the largest eigenvalue that the correlation of so many independent returns tends to."""
    return float((1.0 + np.sqrt(assets / sessions)) ** 2)


def _above(standardized: FloatArray, bound: float) -> tuple[FloatArray, FloatArray]:
    """The eigenvalues of XᵀX above a bound, falling, and their eigenvectors as columns, of T × N X."""
    sessions, assets = standardized.shape
    eigenvalues, vectors = pairs_above(smaller_gram(standardized), bound)
    if assets > sessions:
        vectors = standardized.T @ (vectors / np.sqrt(eigenvalues))
    return eigenvalues, vectors
