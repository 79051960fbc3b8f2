"""What any allocation has to beat: weights from nothing, or from each asset's risk alone.

Assets without variance, if there are any, share everything equally, as in the limit of their variances vanishing
together.
"""

from __future__ import annotations

import numpy as np

from services.optimizer.domain.allocations.riskless import shared_by_riskless
from services.optimizer.domain.covariance import Covariance
from services.optimizer.domain.vectors import Vector


def equal_weight(assets: int) -> Vector:
    """w = 1/N (DeMiguel, Garlappi and Uppal 2009, Optimal versus naive diversification)."""
    return np.full(assets, 1.0 / assets)


def inverse_volatility(covariance: Covariance) -> Vector:
    """w ∝ 1/σ, N fractions that sum to 1: risk parity, if all correlations are equal."""
    return _inverse(covariance.variances, 0.5)


def inverse_variance(covariance: Covariance) -> Vector:
    """w ∝ 1/σ², N fractions that sum to 1: the least variance, if all correlations are zero."""
    return _inverse(covariance.variances, 1.0)


def _inverse(variances: Vector, power: float) -> Vector:
    weights = shared_by_riskless(variances)
    if weights is not None:
        return weights
    # Relative to the least, no power of a variance leaves the range of floats.
    weights = (variances.min() / variances) ** power
    return np.asarray(weights / weights.sum())
