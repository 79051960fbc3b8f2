"""Weights of sessions that halve every `half_life` sessions.

    w(t) ∝ 2^(−(T−1−t) / h),  Σ w(t) = 1,  t = 0 … T−1 with T−1 the newest

An infinite half-life weights all sessions alike. Source: J.P. Morgan/Reuters, RiskMetrics Technical Document, 4th
edition 1996, §5.2, with decay λ = 2^(−1/h).
"""

from __future__ import annotations

import numpy as np

from services.ml.domain.arrays import FloatArray


def uniform_weights(sessions: int) -> FloatArray:
    """1/T for each of T sessions."""
    return np.full(sessions, 1.0 / sessions)


def exponential_weights(sessions: int, half_life: float) -> FloatArray:
    """The T weights, oldest first; they sum to 1."""
    ages = np.arange(sessions - 1, -1, -1, dtype=np.float64)
    weights = np.exp2(-ages / half_life)
    return np.asarray(weights / weights.sum(), dtype=np.float64)
