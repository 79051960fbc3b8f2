"""How much a portfolio's assets diversify each other, and what makes them do so most.

The portfolio of maximum diversification (Choueifaty and Coignard 2008, Toward maximum diversification) is

    max σᵀw / √(wᵀΣw),        σ_i = √Σ_ii.

That is the Sharpe ratio (μᵀw − r) / √(wᵀΣw) for μ = σ and r = 0, so that the engine that maximizes the one maximizes
the other, under whatever constraints. At the optimum without caps every asset held has the same correlation with the
portfolio, 1 over the ratio, and none that isn't held has a smaller one.
"""

from __future__ import annotations

import math

import numpy as np

from services.optimizer.domain.covariance import Covariance, variance
from services.optimizer.domain.vectors import Vector


def diversification_rewards(covariance: Covariance) -> Vector:
    """σ: the μ for which, with r = 0, maximizing the Sharpe ratio maximizes diversification."""
    return np.sqrt(covariance.variances)


def diversification_ratio(covariance: Covariance, weights: Vector) -> float:
    """σᵀw / √(wᵀΣw): for long-only w at least 1, and 1 for a single asset.

    Infinite where assets hedge each other to no risk at all; 1 where there is none to diversify.
    """
    alone = float(diversification_rewards(covariance) @ weights)
    together = math.sqrt(variance(covariance, weights))
    if together > 0:
        return alone / together
    return math.inf if alone > 0 else 1.0


def effective_bets(contributions: Vector) -> float:
    """1 / Σ rc², from relative risk contributions, N fractions that sum to 1: N if they are equal, 1 for one bet.

    0 for a portfolio without risk, whose contributions are all 0.
    """
    concentration = float(contributions @ contributions)
    return 1.0 / concentration if concentration > 0 else 0.0
