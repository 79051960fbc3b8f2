"""Weights from the tree of assets: hierarchical risk parity, and hierarchical equal risk contribution.

Neither inverts Σ. Both are long only and fully invested; assets without variance, if there are any, share everything
equally, as in the limit of their variances vanishing together. Bounds and rows have no place in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from services.optimizer.domain.allocations.clustering import Tree, labels, number_of_clusters, tree
from services.optimizer.domain.allocations.compiling import kernel
from services.optimizer.domain.allocations.riskless import shared_by_riskless
from services.optimizer.domain.covariance import Covariance
from services.optimizer.domain.goal import Linkage
from services.optimizer.domain.vectors import Index, Vector, compilable


class ClusterRisk(StrEnum):
    """What the risk of a cluster is, and of an asset in it."""

    VARIANCE = "variance"
    VOLATILITY = "volatility"


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchical:
    """Weights, and the tree that they come from."""

    weights: Vector
    """N fractions that sum to 1."""
    tree: Tree
    clusters: Index
    """The cluster of each asset, counted from the leftmost leaf; each is its own where the tree isn't cut."""


def hierarchical_risk_parity(
    covariance: Covariance, linkage: Linkage = Linkage.SINGLE, *, plain: bool = False
) -> Hierarchical:
    """Halve the ordered leaves again and again, sharing weight between halves (López de Prado 2016).

    With w ∝ 1/σ² within each half and v its variance wᵀΣw, the left half gets 1 − v_l / (v_l + v_r) of what both share.
    Halves are of leaves, not of the tree, so that the answer depends on which way round the tree's joints are drawn:
    the lower node left, as SciPy, PyPortfolioOpt and Riskfolio-Lib have it. Other orders of the same assets may
    therefore have other weights. `plain` does without compiled code. (Building diversified portfolios that outperform
    out of sample, Journal of Portfolio Management 42.)
    """
    matrix = covariance.full()
    found, _ = tree(matrix, linkage, plain=plain)
    weights = shared_by_riskless(covariance.variances)
    if weights is None:
        compiled, order = None if plain else kernel(), found.order
        weights = _bisected(matrix, order) if compiled is None else compiled.bisect(compilable(matrix), order)
    return Hierarchical(weights, found, np.argsort(found.order))


def hierarchical_equal_risk(
    covariance: Covariance,
    linkage: Linkage = Linkage.SINGLE,
    clusters: int = 0,
    risk: ClusterRisk = ClusterRisk.VARIANCE,
    *,
    plain: bool = False,
) -> Hierarchical:
    """Share weight down the tree so that both sides of a joint carry the same risk (Raffinot 2018).

    The tree is cut into `clusters` (at most N; 0: `number_of_clusters`). Within a cluster w ∝ 1/σ², and its risk is
    wᵀΣw; with ClusterRisk.VOLATILITY w ∝ 1/σ and its risk is the square root. From the highest joint down to the cut,
    the left side gets r_r / (r_l + r_r) of what both sides share, where r is the sum of the risks of a side's clusters;
    half, where neither side has any.

    Riskfolio-Lib's HERC has the same weights for the same number of clusters; its number is chosen by the spread of
    distances within clusters instead of their dispersion, and its linkage is Ward's unless told otherwise. The weights
    don't depend on the order of the assets. (The hierarchical equal risk contribution portfolio, SSRN 3237540.)
    """
    matrix = covariance.full()
    found, pairs = tree(matrix, linkage, plain=plain)
    count = min(clusters, covariance.assets) or number_of_clusters(found, pairs)
    joints = found.joints(count - 1)
    groups = labels(joints[:, 1], found.order)
    weights = shared_by_riskless(covariance.variances)
    if weights is None:
        weights = _equal_risk(covariance, groups, found.order, joints, risk)
    return Hierarchical(weights, found, groups)


def _bisected(matrix: Vector, order: Index) -> Vector:
    """The plain half of `kernel.bisect`."""
    block, weights = matrix[np.ix_(order, order)], np.ones(order.size)
    inverse = 1.0 / np.diag(block)
    waiting = [(0, order.size)]
    while waiting:
        first, end = waiting.pop()
        if end - first < 2:
            continue
        middle = first + (end - first) // 2
        left, right = (_variance(block, inverse, *half) for half in ((first, middle), (middle, end)))
        share = right / (left + right) if left + right > 0 else 0.5
        weights[first:middle] *= share
        weights[middle:end] *= 1.0 - share
        waiting += [(first, middle), (middle, end)]
    return weights[np.argsort(order)]


def _variance(block: Vector, inverse: Vector, first: int, end: int) -> float:
    w = inverse[first:end] / inverse[first:end].sum()
    return max(0.0, float(w @ block[first:end, first:end] @ w))


def _equal_risk(covariance: Covariance, groups: Index, order: Index, joints: Index, risk: ClusterRisk) -> Vector:
    weights, risks = np.zeros(order.size), np.zeros(len(joints) + 1)
    for cluster in range(risks.size):
        members = np.flatnonzero(groups == cluster)
        part = covariance.submatrix(members)
        inverse = 1.0 / (part.variances if risk is ClusterRisk.VARIANCE else np.sqrt(part.variances))
        weights[members] = inverse / inverse.sum()
        variance = max(0.0, float(weights[members] @ part.times(weights[members])))
        risks[cluster] = variance if risk is ClusterRisk.VARIANCE else variance**0.5
    # What each side of a joint carries is a run of clusters, as clusters are counted along the leaves.
    cluster_at, shares = groups[order], np.ones(order.size)
    for first, middle, end in joints:
        left = float(risks[cluster_at[first] : cluster_at[middle]].sum())
        right = float(risks[cluster_at[middle] : cluster_at[end - 1] + 1].sum())
        share = right / (left + right) if left + right > 0 else 0.5
        shares[first:middle] *= share
        shares[middle:end] *= 1.0 - share
    weights[order] *= shares
    return weights
