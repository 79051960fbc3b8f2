"""Weights from the tree of assets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import riskfolio
from hypothesis import given, settings
from pypfopt import HRPOpt

from services.optimizer.domain.allocations.hierarchy import (
    ClusterRisk,
    Hierarchical,
    hierarchical_equal_risk,
    hierarchical_risk_parity,
)
from services.optimizer.domain.covariance import Covariance, DenseCovariance, variance
from services.optimizer.domain.goal import Linkage
from services.optimizer.domain.vectors import vector
from tests.optimizer.domain.allocations.universes import (
    covariance,
    covariances,
    equally_correlated,
    in_blocks,
    orders,
    scaled,
)

Solve = Callable[..., Hierarchical]
FEW = settings(max_examples=40, deadline=None)
RULES = pytest.mark.parametrize("rule", [hierarchical_risk_parity, hierarchical_equal_risk], ids=["hrp", "herc"])
WAYS = pytest.mark.parametrize("plain", [False, True], ids=["compiled", "plain"])
LINKAGES = pytest.mark.parametrize("linkage", list(Linkage))


def returns(count: int, seed: int, sessions: int = 250) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    common = random.standard_t(5, (sessions, 3)) @ random.normal(0, 0.006, (3, count))
    own = random.standard_t(5, (sessions, count)) * random.uniform(0.003, 0.02, count)
    return pd.DataFrame(common + own, columns=[f"A{index:02d}" for index in range(count)])


def sample(of: pd.DataFrame) -> DenseCovariance:
    return DenseCovariance(vector(of.cov().to_numpy()))


def by_riskfolio(of: pd.DataFrame, model: str, linkage: Linkage, **options: object) -> np.ndarray:
    portfolio = riskfolio.HCPortfolio(returns=of)
    found = portfolio.optimization(model=model, linkage=linkage.value, leaf_order=False, **options)
    return found.to_numpy().ravel()


@WAYS
@pytest.mark.parametrize(("count", "seed"), [(2, 0), (3, 1), (7, 2), (16, 3), (25, 4)])
def test_bisection_has_the_weights_of_pyportfolioopt_and_riskfolio(count: int, seed: int, plain: bool) -> None:
    of = returns(count, seed)
    found = hierarchical_risk_parity(sample(of), plain=plain).weights
    theirs = HRPOpt(of).optimize("single")
    assert found == pytest.approx([theirs[name] for name in of.columns], abs=1e-12)
    assert found == pytest.approx(by_riskfolio(of, "HRP", Linkage.SINGLE, rm="MV"), abs=1e-12)


@LINKAGES
@pytest.mark.parametrize(("risk", "name"), [(ClusterRisk.VARIANCE, "MV"), (ClusterRisk.VOLATILITY, "vol")])
@pytest.mark.parametrize("clusters", [1, 2, 5, 12])
def test_equal_risk_has_the_weights_of_riskfolio_for_the_same_clusters(
    linkage: Linkage, risk: ClusterRisk, name: str, clusters: int
) -> None:
    of = returns(12, 5)
    found = hierarchical_equal_risk(sample(of), linkage, clusters, risk).weights
    assert found == pytest.approx(by_riskfolio(of, "HERC", linkage, rm=name, k=clusters), abs=1e-12)


@RULES
@LINKAGES
@FEW
@given(of=covariances())
def test_weights_are_positive_and_sum_to_one(rule: Solve, linkage: Linkage, of: Covariance) -> None:
    found = rule(of, linkage)
    assert found.weights.sum() == pytest.approx(1, abs=1e-12)
    assert found.weights.min() > 0


@RULES
@FEW
@given(of=covariances())
def test_the_compiled_and_the_plain_way_agree(rule: Solve, of: Covariance) -> None:
    compiled, plain = rule(of), rule(of, plain=True)
    assert compiled.weights == pytest.approx(plain.weights, abs=1e-13)
    assert compiled.tree.linkage == pytest.approx(plain.tree.linkage, abs=1e-13)
    assert compiled.tree.order.tolist() == plain.tree.order.tolist()


@RULES
@pytest.mark.parametrize("factor", [2.0**-20, 2.0**20])
def test_the_scale_of_the_covariance_does_not_matter(rule: Solve, factor: float) -> None:
    of = covariance(20, dense=True)
    assert rule(scaled(of, factor)).weights == pytest.approx(rule(of).weights, rel=1e-12)


@LINKAGES
@pytest.mark.parametrize("seed", range(5))
def test_equal_risk_does_not_depend_on_the_order_of_the_assets(linkage: Linkage, seed: int) -> None:
    of, order = covariance(20, seed=seed), orders(20, seed)
    moved = hierarchical_equal_risk(of.submatrix(order), linkage).weights
    assert moved == pytest.approx(hierarchical_equal_risk(of, linkage).weights[order], rel=1e-10)


@LINKAGES
def test_bisection_of_uncorrelated_assets_leaves_inverse_variances(linkage: Linkage) -> None:
    inverse = np.random.default_rng(2).uniform(0.05, 0.5, 8) ** -2
    found = hierarchical_risk_parity(equally_correlated(inverse**-0.5, 0.0), linkage)
    assert found.weights == pytest.approx(inverse / inverse.sum(), rel=1e-12)


@pytest.mark.parametrize("risk", list(ClusterRisk))
def test_two_clusters_have_weights_inverse_to_their_risks(risk: ClusterRisk) -> None:
    of = in_blocks(2, 6)
    found = hierarchical_equal_risk(of, Linkage.AVERAGE, 2, risk)
    carried = []
    for cluster in range(2):
        part = np.where(found.clusters == cluster, found.weights, 0.0)
        weight = part.sum()
        size = variance(of, part / weight)
        carried.append(weight * (size if risk is ClusterRisk.VARIANCE else size**0.5))
    assert carried[0] == pytest.approx(carried[1], rel=1e-12)


@LINKAGES
@pytest.mark.parametrize("blocks", [2, 3, 5])
def test_as_many_clusters_are_found_as_there_are_blocks(linkage: Linkage, blocks: int) -> None:
    of = in_blocks(blocks, 8, seed=blocks)
    found = hierarchical_equal_risk(of, linkage).clusters
    assert found.max() + 1 == blocks
    alike = found[:, None] == found
    assert np.array_equal(alike, of.matrix / np.sqrt(np.outer(of.variances, of.variances)) > 0.5)


def test_as_many_clusters_are_made_as_are_asked_for_but_no_more_than_assets() -> None:
    of = covariance(9)
    for asked in (1, 4, 9, 50):
        found = hierarchical_equal_risk(of, clusters=asked)
        assert np.unique(found.clusters).tolist() == list(range(min(asked, 9)))


@RULES
@WAYS
def test_assets_without_variance_share_everything(rule: Solve, plain: bool) -> None:
    found = rule(DenseCovariance(np.diag([0.04, 0.0, 0.09, 0.0])), plain=plain)
    assert found.weights.tolist() == [0, 0.5, 0, 0.5]
    assert rule(DenseCovariance(np.zeros((3, 3))), plain=plain).weights == pytest.approx(np.full(3, 1 / 3))


@WAYS
def test_that_is_where_bisection_goes_as_their_variances_vanish_together(plain: bool) -> None:
    found = hierarchical_risk_parity(DenseCovariance(np.diag([0.04, 1e-13, 0.09, 1e-13])), plain=plain)
    assert found.weights == pytest.approx([0, 0.5, 0, 0.5], abs=1e-9)


@RULES
@WAYS
def test_a_single_asset_is_held_alone(rule: Solve, plain: bool) -> None:
    found = rule(covariance(1, 1), plain=plain)
    assert found.weights.tolist() == [1]
    assert found.tree.linkage.shape == (0, 4)
    assert found.tree.order.tolist() == [0]


@RULES
@WAYS
def test_two_assets_have_inverse_variances(rule: Solve, plain: bool) -> None:
    of = DenseCovariance(np.array([[0.04, 0.03], [0.03, 0.09]]))
    assert rule(of, plain=plain).weights == pytest.approx([9 / 13, 4 / 13])


@RULES
@WAYS
def test_doubled_assets_are_next_to_each_other_and_weigh_the_same(rule: Solve, plain: bool) -> None:
    of = covariance(4, dense=True).submatrix(np.array([0, 1, 2, 3, 0, 1, 2, 3]))
    found = rule(of, Linkage.COMPLETE, plain=plain)
    places = np.argsort(found.tree.order)
    assert np.abs(places[:4] - places[4:]).tolist() == [1, 1, 1, 1]
    assert found.weights[:4] == pytest.approx(found.weights[4:])


@RULES
@WAYS
@pytest.mark.parametrize("clones", [1, 2])
def test_assets_that_hedge_each_other_share_equally(rule: Solve, plain: bool, clones: int) -> None:
    hedge = np.kron([[0.04, -0.04], [-0.04, 0.04]], np.ones((clones, clones)))
    found = rule(DenseCovariance(vector(hedge)), plain=plain)
    assert found.weights == pytest.approx(np.full(2 * clones, 0.5 / clones))
