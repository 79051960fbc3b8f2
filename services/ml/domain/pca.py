"""K principal components plus a diagonal.

With the sample covariance S = V Λ Vᵀ (divisor T − 1), eigenvalues falling, and the first K of them kept:

    F = V_K Λ_K^½,  D = diag(S − F Fᵀ),  Σ̂ = F Fᵀ + diag(D)

so that Σ̂ has the sample variances on its diagonal. Source: G. Connor and R. Korajczyk, Performance measurement with the
arbitrage pricing theory, Journal of Financial Economics 15 (1986) 373–394, §3. How the components of many returns are
found stands in `components`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.ml.domain.arrays import FloatArray
from services.ml.domain.components import leading_components
from services.ml.domain.covariance import Factors, facing_up


@dataclass(frozen=True, slots=True)
class FactorModel:
    """Σ̂ and the explained share of tr(S); rounding may leave an entry of D a little below zero."""

    covariance: Factors
    explained: float


def pca_factors(returns: FloatArray, factors: int) -> FactorModel:
    """The factor model per session, of T × N returns with factors ≤ min(T − 1, N)."""
    sessions = len(returns)
    centred = returns - returns.mean(axis=0)
    centred /= np.sqrt(sessions - 1)
    loadings = facing_up(leading_components(centred, factors))
    variances = np.einsum("ti,ti->i", centred, centred)
    specific = variances - np.square(loadings).sum(axis=1)
    total = float(variances.sum())
    explained = min(1.0, float(np.square(loadings).sum()) / total) if total > 0 else 0.0
    return FactorModel(Factors(loadings, specific), explained)
