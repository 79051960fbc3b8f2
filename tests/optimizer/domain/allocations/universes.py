"""Covariances for tests: random and of a plausible size, as N × N or as factors."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from services.optimizer.domain.covariance import Covariance, DenseCovariance, FactorCovariance
from services.optimizer.domain.vectors import Index, vector
from tests.optimizer.problems import moments


def covariance(count: int = 12, factors: int = 3, seed: int = 0, *, dense: bool = False) -> Covariance:
    return moments(count, factors, seed, dense=dense).covariance


def scaled(of: Covariance, factor: float) -> Covariance:
    if isinstance(of, DenseCovariance):
        return DenseCovariance(of.matrix * factor)
    return FactorCovariance(of.loadings * np.sqrt(factor), of.specific * factor)


def equally_correlated(volatilities: np.ndarray, correlation: float) -> DenseCovariance:
    count = volatilities.size
    correlations = np.full((count, count), correlation) + (1 - correlation) * np.eye(count)
    return DenseCovariance(vector(correlations * np.outer(volatilities, volatilities)))


def in_blocks(blocks: int, each: int, seed: int = 0, *, within: float = 0.7, between: float = 0.1) -> DenseCovariance:
    """Correlations `within` blocks and `between` them, volatilities of 10 to 40 %, the assets shuffled."""
    random = np.random.default_rng(seed)
    member = random.permutation(np.repeat(np.arange(blocks), each))
    correlations = np.where(member[:, None] == member, within, between) + (1 - within) * np.eye(member.size)
    volatilities = random.uniform(0.1, 0.4, member.size)
    return DenseCovariance(vector(correlations * np.outer(volatilities, volatilities)))


@st.composite
def covariances(draw: st.DrawFn, most: int = 14) -> Covariance:
    count = draw(st.integers(1, most))
    return covariance(count, draw(st.integers(1, 3)), draw(st.integers(0, 10_000)), dense=draw(st.booleans()))


def orders(count: int, seed: int = 0) -> Index:
    return np.random.default_rng(seed).permutation(count).astype(np.int64)


def portfolios(count: int, many: int, seed: int = 0) -> np.ndarray:
    """Random long-only portfolios, many × count."""
    return np.random.default_rng(seed).dirichlet(np.ones(count), many)
