"""What any allocation has to beat."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings

from services.optimizer.domain.allocations.baselines import equal_weight, inverse_variance, inverse_volatility
from services.optimizer.domain.covariance import Covariance, DenseCovariance, variance
from services.optimizer.domain.vectors import Vector
from tests.optimizer.domain.allocations.universes import covariances, orders, portfolios, scaled

FEW = settings(max_examples=40, deadline=None)
RULES = pytest.mark.parametrize("rule", [inverse_volatility, inverse_variance])
Rule = Callable[[Covariance], Vector]


@pytest.mark.parametrize("assets", [1, 2, 500])
def test_equal_weights_are_equal_and_sum_to_one(assets: int) -> None:
    assert equal_weight(assets) == pytest.approx(np.full(assets, 1 / assets))


@RULES
@FEW
@given(of=covariances())
def test_weights_are_positive_and_keep_to_their_assets_at_any_scale(rule: Rule, of: Covariance) -> None:
    found, order = rule(of), orders(of.assets)
    assert found.sum() == pytest.approx(1, abs=1e-12)
    assert found.min() > 0
    assert rule(of.submatrix(order)) == pytest.approx(found[order], rel=1e-12)
    assert rule(scaled(of, 1e-200)) == pytest.approx(found, rel=1e-12)


@FEW
@given(of=covariances())
def test_inverse_volatility_gives_every_asset_the_same_risk_by_itself(of: Covariance) -> None:
    alone = inverse_volatility(of) * np.sqrt(of.variances)
    assert alone == pytest.approx(np.full(of.assets, alone[0]))


def test_inverse_variance_has_the_least_variance_of_uncorrelated_assets() -> None:
    of = DenseCovariance(np.diag(np.random.default_rng(0).uniform(0.01, 0.2, 6)))
    least = variance(of, inverse_variance(of))
    assert all(variance(of, weights) >= least for weights in portfolios(6, 200))


@RULES
def test_assets_without_variance_share_everything(rule: Rule) -> None:
    assert rule(DenseCovariance(np.diag([0.04, 0.0, 0.0]))).tolist() == [0, 0.5, 0.5]
    assert rule(DenseCovariance(np.zeros((1, 1)))).tolist() == [1]
