"""How long the blocks of a bootstrap must be to keep what a series remembers.

Politis, D. N. and White, H. (2004), "Automatic block-length selection for the dependent bootstrap", Econometric Reviews
23(1), 53–70, as corrected by Patton, Politis and White (2009), Econometric Reviews 28(4), 372–375:

    b = (2 Ĝ² / D̂)^{1/3} T^{1/3},        Ĝ = Σ_k λ(k/M) |k| R(k),        D̂ = 2 (Σ_k λ(k/M) R(k))²,        |k| ≤ M

for the stationary bootstrap, with R the autocovariances, λ the flat-top window, 1 up to ½ and falling to 0 at 1, and M
twice the lag behind which K_T = max(5, √log₁₀ T) autocorrelations in a row are within 2 √(log₁₀ T / T).
"""

from __future__ import annotations

import math

import numpy as np

from services.optimizer.domain.vectors import Vector


def block_length(series: Vector) -> float:
    """The mean block length of the stationary bootstrap for the mean of T observations: from 1 to min(3√T, T/3)."""
    count = series.size
    longest = max(1.0, math.ceil(min(3.0 * math.sqrt(count), count / 3.0)))
    if count < 8:
        return 1.0
    few = max(5, math.ceil(math.sqrt(math.log10(count))))
    farthest = min(count - 1, math.ceil(math.sqrt(count)) + few)
    covariances = _autocovariances(series, farthest)
    if covariances[0] <= 0:
        return 1.0
    lags = _bandwidth(covariances / covariances[0], few, count)
    window = np.clip(2.0 * (1.0 - np.arange(1, lags + 1) / lags), 0.0, 1.0)
    weighed = window * covariances[1 : lags + 1]
    slope = 2.0 * float(np.arange(1, lags + 1) @ weighed)
    spread = 2.0 * float(covariances[0] + 2.0 * weighed.sum()) ** 2
    if spread <= 0:
        return longest
    return float(np.clip((2.0 * slope**2 / spread * count) ** (1 / 3), 1.0, longest))


def _autocovariances(series: Vector, farthest: int) -> Vector:
    """R(0) … R(farthest), divisor T."""
    centered, count = series - series.mean(), series.size
    return np.array([float(centered[lag:] @ centered[: count - lag]) / count for lag in range(farthest + 1)])


def _bandwidth(correlations: Vector, few: int, count: int) -> int:
    """M."""
    farthest = correlations.size - 1
    loud = np.abs(correlations[1:]) >= 2.0 * math.sqrt(math.log10(count) / count)
    for lag in range(farthest - few + 1):
        if not loud[lag : lag + few].any():
            return min(2 * max(lag, 1), farthest)
    return farthest
