"""Expected returns shrunk towards the minimum-variance portfolio's mean.

With the sample mean x̄, the sample covariance S and Σ̂ = S (T − 1) / (T − N − 2):

    μ₀ = 1ᵀ Σ̂⁻¹ x̄ / 1ᵀ Σ̂⁻¹ 1
    w  = (N + 2) / (N + 2 + T (x̄ − μ₀ 1)ᵀ Σ̂⁻¹ (x̄ − μ₀ 1))
    μ̂ = (1 − w) x̄ + w μ₀ 1

Source: P. Jorion, Bayes-Stein Estimation for Portfolio Analysis, Journal of Financial and Quantitative Analysis 21
(1986) 279–292, equations (14)–(17). Where Jorion's Σ̂ does not exist (T ≤ N + 2, or S singular), Ledoit and Wolf's,
which does, stands in for it; where not even that is invertible, some return never varies and nothing is shrunk.
"""

from __future__ import annotations

import numpy as np

from services.ml.domain.arrays import FloatArray
from services.ml.domain.covariance import Dense
from services.ml.domain.ledoit_wolf import ledoit_wolf
from services.ml.domain.sample import sample_covariance
from services.ml.domain.spectrum import EPSILON
from services.ml.domain.weights import uniform_weights


def bayes_stein(returns: FloatArray) -> tuple[FloatArray, float]:
    """μ̂ per session, length N, and the intensity w in [0, 1], of T × N returns."""
    sessions, assets = returns.shape
    mean = returns.mean(axis=0)
    covariance = _invertible(returns)
    if covariance is None:
        return mean, 0.0
    solved = np.linalg.solve(covariance, np.column_stack([np.ones(assets), mean]))
    centre = float(solved[:, 1].sum() / solved[:, 0].sum())
    distance = max(0.0, float((mean - centre) @ (solved[:, 1] - centre * solved[:, 0])))
    intensity = (assets + 2) / (assets + 2 + sessions * distance)
    return (1.0 - intensity) * mean + intensity * centre, intensity


def _invertible(returns: FloatArray) -> FloatArray | None:
    """Jorion's Σ̂ if it exists, else Ledoit and Wolf's, else None."""
    sessions, assets = returns.shape
    if sessions > assets + 2:
        sample = sample_covariance(returns, uniform_weights(sessions))
        if _is_regular(sample):
            return sample.scaled((sessions - 1) / (sessions - assets - 2)).matrix
    shrunk, _ = ledoit_wolf(returns)
    return shrunk.matrix if _is_regular(shrunk) else None


def _is_regular(covariance: Dense) -> bool:
    """Whether the smallest eigenvalue can be told from rounding, with digits to spare for the inverse."""
    return covariance.smallest > 1e4 * len(covariance.matrix) * EPSILON * covariance.largest
