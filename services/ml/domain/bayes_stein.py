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
from services.ml.domain.gram import smaller_gram
from services.ml.domain.ledoit_wolf import Shrinkage, shrinkage
from services.ml.domain.spectrum import EPSILON, gram_extremes


def bayes_stein(returns: FloatArray) -> tuple[FloatArray, float]:
    """μ̂ per session, length N, and the intensity w in [0, 1], of T × N returns."""
    sessions, assets = returns.shape
    mean = returns.mean(axis=0)
    solved = _precision_times(returns - mean, np.column_stack([np.ones(assets), mean]))
    if solved is None:
        return mean, 0.0
    centre = float(solved[:, 1].sum() / solved[:, 0].sum())
    distance = max(0.0, float((mean - centre) @ (solved[:, 1] - centre * solved[:, 0])))
    intensity = (assets + 2) / (assets + 2 + sessions * distance)
    return (1.0 - intensity) * mean + intensity * centre, intensity


def _precision_times(centred: FloatArray, right: FloatArray) -> FloatArray | None:
    """Σ̂⁻¹ times N × 2, with Jorion's Σ̂ if it exists, else Ledoit and Wolf's; None if neither has an inverse."""
    sessions, assets = centred.shape
    wide = assets > sessions
    gram = smaller_gram(centred)
    smallest, largest = gram_extremes(centred, gram)
    if sessions > assets + 2 and _is_regular(smallest, largest, assets):
        return np.asarray(np.linalg.solve(gram / (sessions - assets - 2), right), dtype=np.float64)
    shrunk = shrinkage(centred, gram)
    if not _is_regular(shrunk.keep * smallest + shrunk.add, shrunk.keep * largest + shrunk.add, assets):
        return None
    return _solved_wide(centred, gram, shrunk, right) if wide else _solved_tall(gram, shrunk, right)


def _solved_tall(gram: FloatArray, shrunk: Shrinkage, right: FloatArray) -> FloatArray:
    """(keep XᵀX + add I)⁻¹ times `right`, from XᵀX."""
    covariance = shrunk.keep * gram + shrunk.add * np.eye(len(gram))
    return np.asarray(np.linalg.solve(covariance, right), dtype=np.float64)


def _solved_wide(centred: FloatArray, gram: FloatArray, shrunk: Shrinkage, right: FloatArray) -> FloatArray:
    """The same from XXᵀ, T × T, by Woodbury's identity."""
    inner = shrunk.keep * gram + shrunk.add * np.eye(len(gram))
    known = centred.T @ np.linalg.solve(inner, centred @ right)
    return np.asarray((right - shrunk.keep * known) / shrunk.add, dtype=np.float64)


def _is_regular(smallest: float, largest: float, assets: int) -> bool:
    """Whether the smallest eigenvalue can be told from rounding, with digits to spare for the inverse."""
    return smallest > 1e4 * assets * EPSILON * largest
