"""Extreme eigenvalues, without an N × N eigenproblem where it can be spared.

Of XᵀX, with X of T × N: its nonzero eigenvalues are those of XXᵀ, so the smaller of the two is decomposed.

Of Σ = F Fᵀ + diag(D), with F of N × K: by Haynsworth's inertia additivity (Linear Algebra and its Applications 1,
1968, 73–81) applied to both Schur complements of [[D − λI, F], [Fᵀ, −I]],

    #{eigenvalues of Σ below λ} = #{i: D(i) < λ} − #{negative eigenvalues of I + Fᵀ (D − λI)⁻¹ F}

whose right side costs N K² only; the extremes are found by bisection on it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from services.ml.domain.arrays import FloatArray
from services.ml.domain.covariance import Factors

EPSILON = float(np.finfo(np.float64).eps)


def gram_extremes(centred: FloatArray, gram: FloatArray) -> tuple[float, float]:
    """The smallest and the largest eigenvalue of XᵀX, of X and either XᵀX or XXᵀ."""
    sessions, assets = centred.shape
    if assets > sessions:
        inner = gram if len(gram) == sessions else centred @ centred.T
        return 0.0, float(np.linalg.eigvalsh(inner)[-1])
    eigenvalues = np.linalg.eigvalsh(gram)
    return float(eigenvalues[0]), float(eigenvalues[-1])


def factor_extremes(covariance: Factors) -> tuple[float, float]:
    """The smallest and the largest eigenvalue of F Fᵀ + diag(D)."""
    specific = covariance.specific
    lowest, highest = float(specific.min()), float(specific.max())
    reach = float(np.linalg.norm(covariance.loadings, 2)) ** 2
    # Weyl: adding the positive semidefinite F Fᵀ moves no eigenvalue down, and none up by more than ‖F‖².
    smallest = _bisected(lambda at: eigenvalues_below(covariance, at) > 0, lowest, lowest + reach)
    largest = _bisected(lambda at: eigenvalues_below(covariance, at) == len(specific), lowest, highest + reach)
    return smallest, largest


def eigenvalues_below(covariance: Factors, bound: float) -> int:
    """How many eigenvalues of F Fᵀ + diag(D) lie below `bound`."""
    gaps = covariance.specific - bound
    # A bound that hits a pole exactly is moved by a rounding error.
    gaps[gaps == 0.0] = -EPSILON * max(abs(bound), np.finfo(np.float64).tiny)
    loadings = covariance.loadings
    inner = np.eye(loadings.shape[1]) + loadings.T @ (loadings / gaps[:, None])
    return int((gaps < 0).sum() - (np.linalg.eigvalsh(inner) < 0).sum())


def _bisected(holds: Callable[[float], bool], low: float, high: float) -> float:
    """The least argument in [low, high] at which `holds` turns true, to full relative precision."""
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high) or high - low <= 4 * EPSILON * high:
            break
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
