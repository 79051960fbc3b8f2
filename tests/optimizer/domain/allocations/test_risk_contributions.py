"""Who carries a portfolio's risk."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.optimizer.domain.allocations.risk_contributions import factor_contributions, risk_contributions
from services.optimizer.domain.covariance import Covariance, DenseCovariance, FactorCovariance, variance
from services.optimizer.domain.vectors import vector
from tests.optimizer.domain.allocations.universes import covariance, covariances, portfolios

FEW = settings(max_examples=40, deadline=None)


def long_short(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(1 / count, 0.3, count)


@FEW
@given(of=covariances(), seed=st.integers(0, 10_000), relative=st.booleans())
def test_contributions_sum_to_the_volatility(of: Covariance, seed: int, relative: bool) -> None:
    weights, benchmark = long_short(of.assets, seed), portfolios(of.assets, 1, seed)[0] if relative else None
    found = risk_contributions(of, weights, benchmark)
    active = weights if benchmark is None else weights - benchmark
    assert found.volatility == pytest.approx(np.sqrt(variance(of, active)))
    assert found.total.sum() == pytest.approx(found.volatility, rel=1e-12)
    assert found.relative.sum() == pytest.approx(1, rel=1e-12)
    assert found.total == pytest.approx(active * found.marginal)


@FEW
@given(of=covariances(), seed=st.integers(0, 10_000))
def test_the_marginal_risk_is_what_a_little_more_of_an_asset_adds(of: Covariance, seed: int) -> None:
    weights, step = long_short(of.assets, seed), 1e-6
    found = risk_contributions(of, weights)
    for asset in range(of.assets):
        more, less = weights.copy(), weights.copy()
        more[asset] += step
        less[asset] -= step
        added = (np.sqrt(variance(of, more)) - np.sqrt(variance(of, less))) / (2 * step)
        assert found.marginal[asset] == pytest.approx(added, abs=1e-6)


@FEW
@given(of=covariances(), seed=st.integers(0, 10_000))
def test_the_dense_and_the_factor_form_agree(of: Covariance, seed: int) -> None:
    weights = long_short(of.assets, seed)
    full = risk_contributions(DenseCovariance(vector(of.full())), weights)
    assert risk_contributions(of, weights).total == pytest.approx(full.total, abs=1e-12)


def test_groups_that_part_the_universe_sum_to_the_volatility() -> None:
    found = risk_contributions(covariance(9), portfolios(9, 1)[0])
    groups = [np.array([0, 3]), np.array([1, 2, 4, 5]), np.array([6, 7, 8]), np.array([], dtype=np.int64)]
    totals = found.of_groups(groups)
    assert totals.sum() == pytest.approx(found.volatility)
    assert totals[0] == pytest.approx(found.total[0] + found.total[3])
    assert totals[3] == 0


@pytest.mark.parametrize("relative", [False, True])
def test_factors_and_what_is_specific_sum_to_the_volatility(relative: bool) -> None:
    of, weights = covariance(12, 4), long_short(12, 1)
    assert isinstance(of, FactorCovariance)
    benchmark = portfolios(12, 1)[0] if relative else None
    found = factor_contributions(of, weights, benchmark)
    by_asset = risk_contributions(of, weights, benchmark)
    assert found.volatility == pytest.approx(by_asset.volatility)
    assert found.factors.sum() + found.specific_total == pytest.approx(found.volatility, rel=1e-12)
    assert min(found.factors.min(), found.specific.min()) >= 0


def test_a_portfolio_of_one_factor_carries_that_factor_alone() -> None:
    of = FactorCovariance(np.array([[0.2, 0.0], [0.0, 0.3]]), np.array([0.01, 0.0]))
    found = factor_contributions(of, np.array([0.0, 1.0]))
    assert found.exposures == pytest.approx([0, 0.3])
    assert found.factors == pytest.approx([0, 0.3])
    assert found.specific_total == 0


def test_a_portfolio_that_is_its_benchmark_carries_no_active_risk() -> None:
    of, weights = covariance(5), portfolios(5, 1)[0]
    found, by_factor = risk_contributions(of, weights, weights), factor_contributions(of, weights, weights)
    for zero in (found.marginal, found.total, found.relative, by_factor.factors, by_factor.specific):
        assert not zero.any()
    assert found.volatility == by_factor.volatility == 0


def test_a_hedge_contributes_less_than_nothing() -> None:
    of = DenseCovariance(np.array([[0.04, -0.03], [-0.03, 0.04]]))
    assert risk_contributions(of, np.array([0.9, 0.1])).total[1] < 0
