"""The smaller of the two Gram matrices of T × N returns: they have the same trace, norm and nonzero eigenvalues."""

from __future__ import annotations

import numpy as np

from services.ml.domain.arrays import FloatArray


def smaller_gram(centred: FloatArray) -> FloatArray:
    """XXᵀ, T × T, if there are fewer sessions than assets, else XᵀX, N × N."""
    sessions, assets = centred.shape
    return np.asarray(centred @ centred.T if assets > sessions else centred.T @ centred, dtype=np.float64)
