"""Weighted sample covariance.

    Σ̂ = Σ w(t) (r(t) − μ̂)(r(t) − μ̂)ᵀ / (1 − Σ w(t)²),  μ̂ = Σ w(t) r(t)

The divisor makes it unbiased for weights that do not depend on the returns; with uniform weights it is the sample
covariance with divisor T − 1. Source: GNU Scientific Library reference manual, "Weighted samples"; the same as
numpy.cov with `aweights`.
"""

from __future__ import annotations

import numpy as np

from services.ml.domain.arrays import FloatArray
from services.ml.domain.covariance import Dense
from services.ml.domain.mean import weighted_mean
from services.ml.domain.spectrum import gram_extremes


def sample_covariance(returns: FloatArray, weights: FloatArray) -> Dense:
    """Σ̂ per session, of T × N returns and T weights that sum to 1."""
    scale = np.sqrt(weights / (1.0 - weights @ weights))
    centred = scale[:, None] * (returns - weighted_mean(returns, weights))
    gram = centred.T @ centred
    return Dense(gram, *gram_extremes(centred, gram))
