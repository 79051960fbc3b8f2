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
sample covariance. The intensity δ is the paper's.
"""

from __future__ import annotations

import numpy as np

from services.ml.domain.arrays import FloatArray
from services.ml.domain.covariance import Dense
from services.ml.domain.spectrum import gram_extremes


def ledoit_wolf(returns: FloatArray) -> tuple[Dense, float]:
    """T / (T − 1) · Σ̂ per session, and the intensity δ in [0, 1], of T × N returns."""
    sessions = len(returns)
    centred = returns - returns.mean(axis=0)
    scatter = centred.T @ centred
    intensity, target = shrinkage(centred, scatter)
    keep = (1.0 - intensity) / (sessions - 1)
    add = intensity * target * sessions / (sessions - 1)
    smallest, largest = gram_extremes(centred, scatter)
    return Dense(keep * scatter, keep * smallest, keep * largest).shifted(add), intensity


def shrinkage(centred: FloatArray, scatter: FloatArray) -> tuple[float, float]:
    """δ and m, of centred T × N returns and their scatter matrix T · S."""
    sessions, assets = centred.shape
    target = float(np.trace(scatter)) / (sessions * assets)
    squared_norm = float(np.vdot(scatter, scatter)) / (sessions**2 * assets)
    # ‖S − m I‖² = ‖S‖² − m², and Σ ‖x xᵀ − S‖² / T = Σ |x|⁴ / (T N) − ‖S‖², both expanded to spare N × N work.
    dispersion = squared_norm - target**2
    fourth = float(np.square(np.square(centred).sum(axis=1)).sum()) / (sessions * assets)
    error = min((fourth - squared_norm) / sessions, dispersion)
    # One asset is a multiple of the identity already; rounding must not make that look like full shrinkage.
    if assets == 1 or error <= 0.0:
        return 0.0, target
    return error / dispersion, target
