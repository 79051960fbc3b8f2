"""Covariance shrunk towards a multiple of the identity.

With centred returns x(t), S = Σ x(t) x(t)ᵀ / T and ‖A‖² = tr(A Aᵀ) / N:

    m  = tr(S) / N
    d² = ‖S − m I‖²
    b̄² = Σ ‖x(t) x(t)ᵀ − S‖² / T²,  b² = min(b̄², d²)
    δ  = b² / d²
    Σ̂ = δ m I + (1 − δ) S

Source: O. Ledoit and M. Wolf, A well-conditioned estimator for large-dimensional covariance matrices, Journal of
Multivariate Analysis 88 (2004) 365–411, equations (6)–(16) and Lemmas 3.2–3.4. Since S has divisor T there, while
the other estimators here have T − 1, the answer is T / (T − 1) times the paper's Σ̂: without shrinkage it is the
sample covariance. The intensity δ is the paper's. With N > T it is kept as F Fᵀ + diag(D), F = ((1 − δ) / (T − 1))^½ Xᵀ
with T columns and D = T / (T − 1) · δ m; traces and norms are taken of X Xᵀ, T × T.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.ml.domain.arrays import FloatArray
from services.ml.domain.covariance import Covariance, Dense, Factors
from services.ml.domain.gram import smaller_gram


@dataclass(frozen=True, slots=True)
class Shrinkage:
    """T / (T − 1) · Σ̂ = keep · Σ x(t) x(t)ᵀ + add · I, and the intensity δ in [0, 1]."""

    intensity: float
    keep: float
    add: float


def ledoit_wolf(returns: FloatArray) -> tuple[Covariance, float]:
    """T / (T − 1) · Σ̂ per session, and the intensity δ in [0, 1], of T × N returns, T ≥ 2."""
    sessions, assets = returns.shape
    centred = returns - returns.mean(axis=0)
    gram = smaller_gram(centred)
    shrunk = shrinkage(centred, gram)
    if assets > sessions:
        centred *= np.sqrt(shrunk.keep)
        return Factors(centred.T, np.full(assets, shrunk.add)), shrunk.intensity
    gram *= shrunk.keep
    gram.flat[:: assets + 1] += shrunk.add
    return Dense(gram), shrunk.intensity


def shrinkage(centred: FloatArray, gram: FloatArray) -> Shrinkage:
    """How much to shrink, of centred T × N returns X and either XᵀX or XXᵀ, whose trace and norm are the same."""
    sessions, assets = centred.shape
    target = float(np.trace(gram)) / (sessions * assets)
    squared_norm = float(np.vdot(gram, gram)) / (sessions**2 * assets)
    # ‖S − m I‖² = ‖S‖² − m², and Σ ‖x xᵀ − S‖² / T = Σ |x|⁴ / (T N) − ‖S‖², both expanded to spare N × N work.
    dispersion = squared_norm - target**2
    fourth = float(np.square(np.einsum("ti,ti->t", centred, centred)).sum()) / (sessions * assets)
    error = min((fourth - squared_norm) / sessions, dispersion)
    # One asset is a multiple of the identity already; rounding must not make that look like full shrinkage.
    intensity = 0.0 if assets == 1 or error <= 0.0 else error / dispersion
    return Shrinkage(intensity, (1.0 - intensity) / (sessions - 1), intensity * target * sessions / (sessions - 1))
