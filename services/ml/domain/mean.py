"""Arithmetic mean of simple returns.

    μ̂ = Σ w(t) r(t)

With uniform weights the sample mean, with exponential weights the exponentially weighted one.
"""

from __future__ import annotations

import numpy as np

from services.ml.domain.arrays import FloatArray


def weighted_mean(returns: FloatArray, weights: FloatArray) -> FloatArray:
    """μ̂ per session, length N, of T × N returns."""
    return np.asarray(weights @ returns, dtype=np.float64)
