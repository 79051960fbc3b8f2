"""Weighted sample covariance.

    Σ̂ = Σ w(t) (r(t) − μ̂)(r(t) − μ̂)ᵀ / (1 − Σ w(t)²),  μ̂ = Σ w(t) r(t)

The divisor makes it unbiased for weights that do not depend on the returns; with uniform weights it is the sample
covariance with divisor T − 1. With more assets than sessions it is kept as F Fᵀ, whose T columns are the weighted rows.
Source: GNU Scientific Library reference manual, "Weighted samples"; the same as numpy.cov with `aweights`.
"""

from __future__ import annotations

import numpy as np

from services.ml.domain.arrays import FloatArray
from services.ml.domain.covariance import Covariance, Dense, Factors
from services.ml.domain.mean import weighted_mean


def sample_covariance(returns: FloatArray, weights: FloatArray) -> Covariance:
    """Σ̂ per session, of T × N returns and T ≥ 2 weights that sum to 1; where N > T as F Fᵀ, with D = 0."""
    sessions, assets = returns.shape
    scale = np.sqrt(weights / (1.0 - weights @ weights))
    centred = returns - weighted_mean(returns, weights)
    centred *= scale[:, None]
    if assets > sessions:
        return Factors(centred.T, np.zeros(assets))
    return Dense(centred.T @ centred)
