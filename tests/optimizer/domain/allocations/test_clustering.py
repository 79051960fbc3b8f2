"""The tree of assets by correlation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

from services.optimizer.domain.allocations.clustering import distances, labels, number_of_clusters, tree
from services.optimizer.domain.covariance import Covariance, DenseCovariance
from services.optimizer.domain.goal import Linkage
from tests.optimizer.domain.allocations.universes import covariance, covariances, in_blocks

FEW = settings(max_examples=40, deadline=None)
WAYS = pytest.mark.parametrize("plain", [False, True], ids=["compiled", "plain"])
LINKAGES = pytest.mark.parametrize("linkage", list(Linkage))


@WAYS
@FEW
@given(of=covariances())
def test_distances_are_a_metric_between_none_and_one(plain: bool, of: Covariance) -> None:
    d = squareform(distances(of.full(), plain=plain))
    assert d.size == 1 or (d.min() >= 0 and d.max() <= 1)
    assert np.all(d[:, :, None] + d[None, :, :] >= d[:, None, :] - 1e-12)


@WAYS
def test_the_distance_is_of_the_correlation(plain: bool) -> None:
    of = DenseCovariance(
        np.array([[0.04, 0.06, -0.02, 0.0], [0.06, 0.09, -0.03, 0.0], [-0.02, -0.03, 0.01, 0.0], [0, 0, 0, 0]])
    )
    found = distances(of.full(), plain=plain)
    assert found == pytest.approx([0, 1, 0.5**0.5, 1, 0.5**0.5, 0.5**0.5], abs=1e-7)


@LINKAGES
def test_every_joint_is_a_run_of_leaves(linkage: Linkage) -> None:
    found, _ = tree(covariance(20).full(), linkage)
    root, nodes = hierarchy.to_tree(found.linkage, rd=True)
    assert root.pre_order() == found.order.tolist()
    for node, (first, middle, end) in zip(reversed(nodes[20:]), found.joints(19), strict=True):
        assert node.left.pre_order() == found.order[first:middle].tolist()
        assert node.right.pre_order() == found.order[middle:end].tolist()


@LINKAGES
@pytest.mark.parametrize("count", [2, 3, 7, 20])
def test_cutting_makes_the_clusters_of_scipy(linkage: Linkage, count: int) -> None:
    found, _ = tree(covariance(20, seed=1).full(), linkage)
    ours = labels(found.joints(count - 1)[:, 1], found.order)
    theirs = hierarchy.fcluster(found.linkage, count, "maxclust")
    assert np.array_equal(ours[:, None] == ours, theirs[:, None] == theirs)


def test_clusters_are_counted_from_the_leftmost_leaf() -> None:
    found, _ = tree(covariance(20).full(), Linkage.WARD)
    assert np.all(np.diff(labels(found.joints(4)[:, 1], found.order)[found.order]) >= 0)


def test_the_number_of_clusters_is_where_the_dispersion_bends_most() -> None:
    of = in_blocks(4, 5, 3, within=0.5, between=0.3)
    found, pairs = tree(of.full(), Linkage.AVERAGE)
    d, spread = squareform(pairs), []
    for count in range(1, 10):
        groups = hierarchy.fcluster(found.linkage, count, "maxclust")
        members = [np.flatnonzero(groups == each) for each in np.unique(groups)]
        spread.append(sum(d[np.ix_(each, each)].sum() / (2 * each.size) for each in members))
    assert number_of_clusters(found, pairs) == 2 + int(np.argmax(np.diff(spread, 2)))


@pytest.mark.parametrize(("assets", "clusters"), [(1, 1), (2, 2), (3, 2)])
def test_few_assets_have_few_clusters(assets: int, clusters: int) -> None:
    assert number_of_clusters(*tree(covariance(assets).full(), Linkage.SINGLE)) == clusters
