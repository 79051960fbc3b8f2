"""Who carries a portfolio's risk: assets, groups of them, factors.

With a = w, or a = w − b against a benchmark, σ = √(aᵀΣa) is homogeneous in a, so that by Euler's theorem

    σ = Σ_i a_i ∂σ/∂a_i,        ∂σ/∂a_i = (Σa)_i / σ

(Litterman 1996, Hot spots and hedges). For Σ = F Fᵀ + diag(D) also σ = Σ_k (Fᵀa)_k² / σ + Σ_i D_i a_i² / σ.
Volatilities and contributions are per square root of a year, as Σ is per year. One below zero is a hedge.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.covariance import Covariance, FactorCovariance, variance
from services.optimizer.domain.vectors import Index, Vector


@dataclass(frozen=True, slots=True, eq=False)
class RiskContributions:
    """σ by assets; everything is 0 for a portfolio without risk."""

    volatility: float
    """σ, or the tracking error against a benchmark."""
    marginal: Vector
    """∂σ/∂a_i, N × 1: what a unit more of the asset adds to σ."""
    total: Vector
    """a_i ∂σ/∂a_i, N × 1: they sum to σ."""
    relative: Vector
    """total / σ, N fractions that sum to 1."""

    def of_groups(self, groups: Sequence[Index]) -> Vector:
        """The totals of groups of assets, given as indices; groups that part the universe sum to σ."""
        return np.array([float(self.total[members].sum()) for members in groups])


@dataclass(frozen=True, slots=True, eq=False)
class FactorContributions:
    """σ by factors and what is specific to assets; everything is 0 for a portfolio without risk."""

    volatility: float
    """σ, or the tracking error against a benchmark."""
    exposures: Vector
    """Fᵀa, K × 1, in units of a factor's own volatility: F carries the scale."""
    factors: Vector
    """(Fᵀa)_k² / σ, K × 1."""
    specific: Vector
    """D_i a_i² / σ, N × 1; factors and specific together sum to σ."""

    @property
    def specific_total(self) -> float:
        """Σ D_i a_i² / σ."""
        return float(self.specific.sum())


def risk_contributions(covariance: Covariance, weights: Vector, benchmark: Vector | None = None) -> RiskContributions:
    """σ of w, or of w − b, by assets: where a = 0 the total is 0."""
    active = weights if benchmark is None else weights - benchmark
    pull = covariance.times(active)
    size = math.sqrt(max(0.0, float(active @ pull)))
    marginal = pull / size if size > 0 else np.zeros(active.size)
    total = active * marginal
    relative = total / size if size > 0 else np.zeros(active.size)
    return RiskContributions(size, marginal, total, relative)


def factor_contributions(
    covariance: FactorCovariance, weights: Vector, benchmark: Vector | None = None
) -> FactorContributions:
    """σ of w, or of w − b, by factors; the factors are uncorrelated and of variance 1, as Σ = F Fᵀ + diag(D) says."""
    active = weights if benchmark is None else weights - benchmark
    exposures = covariance.loadings.T @ active
    size = math.sqrt(variance(covariance, active))
    unit = 1.0 / size if size > 0 else 0.0
    return FactorContributions(
        size, exposures, exposures * exposures * unit, covariance.specific * active * active * unit
    )
