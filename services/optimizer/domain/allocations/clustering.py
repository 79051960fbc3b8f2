"""The tree of assets by correlation, its leaves in order, and how many clusters it shows.

The distance of two assets is d = √(½ (1 − ρ)), a metric: half the Euclidean distance of their standardized returns,
over √T (Mantegna 1999, Hierarchical structure in financial markets), for which Ward's linkage is made. Clusters are
joined by d itself; López de Prado (2016) joins by the Euclidean distances of d's columns in his worked example.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.cluster import hierarchy

from services.optimizer.domain.allocations.compiling import kernel
from services.optimizer.domain.allocations.riskless import without_risk
from services.optimizer.domain.goal import Linkage
from services.optimizer.domain.vectors import Index, Vector, compilable


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """A binary tree of N assets, as SciPy's dendrogram draws it."""

    linkage: Vector
    """N − 1 × 4, lowest joint first: the two nodes that it joins, their distance, its number of assets.

    Node i < N is asset i, node N + i is the joint of row i.
    """
    order: Index
    """The N assets from the leftmost leaf to the rightmost."""

    def joints(self, count: int) -> Index:
        """The `count` highest joints, highest first, count × 3: each as its first leaf, its right side's, and its end.

        Places count along `order`: every node has a run of leaves to itself.
        """
        assets = self.order.size
        nodes, sizes = self.linkage[:, :2].astype(np.int64), np.ones(2 * assets - 1, dtype=np.int64)
        sizes[assets:] = self.linkage[:, 3]
        first, found = np.zeros(2 * assets - 1, dtype=np.int64), np.zeros((count, 3), dtype=np.int64)
        for place, row in enumerate(range(assets - 2, assets - 2 - count, -1)):
            left, right = nodes[row]
            start = first[assets + row]
            first[left], first[right] = start, start + sizes[left]
            found[place] = start, start + sizes[left], start + sizes[assets + row]
        return found


def tree(covariance: Vector, linkage: Linkage, *, plain: bool = False) -> tuple[Tree, Vector]:
    """The tree of Σ, N × N, and the distances of all pairs i < j, row by row; an asset without variance has ρ = 0."""
    assets = covariance.shape[0]
    if assets == 1:
        return Tree(np.zeros((0, 4)), np.zeros(1, dtype=np.int64)), np.zeros(0)
    pairs = distances(covariance, plain=plain)
    joined = hierarchy.linkage(pairs, linkage.value)
    return Tree(joined, hierarchy.leaves_list(joined).astype(np.int64)), pairs


def distances(covariance: Vector, *, plain: bool = False) -> Vector:
    """√(½ (1 − ρ)) of all pairs i < j, row by row."""
    variances = np.diag(covariance)
    riskless = without_risk(variances)
    scale = np.where(riskless, 0.0, 1.0 / np.sqrt(np.where(riskless, 1.0, variances)))
    compiled = None if plain else kernel()
    if compiled is not None:
        return np.asarray(compiled.distances(compilable(covariance), compilable(scale)))
    squares = 0.5 - 0.5 * covariance * scale * scale[:, None]
    return np.sqrt(np.clip(squares[np.triu_indices(scale.size, 1)], 0.0, 1.0))


def number_of_clusters(of: Tree, pairs: Vector) -> int:
    """Where the two-order difference of the dispersion is greatest (Yue, Wang and Wei 2008).

        W_k = Σ_r D_r / 2n_r,  D_r the sum of d over all ordered pairs within cluster r of n_r assets,
        k = argmax W_{k−1} − 2 W_k + W_{k+1},   2 ≤ k ≤ max(8, √N), k < N:

    the k up to which cutting tells most and after which it tells little. As W is of the tree's own cuts, no reference
    is drawn at random as for the gap statistic of Tibshirani, Walther and Hastie (2001).
    """
    assets = of.order.size
    most = min(assets - 1, max(8, round(assets**0.5)))
    if most < 2:
        return assets
    cuts = of.joints(most)[:, 1]
    sums = _block_sums(of, pairs, cuts)
    dispersions = np.array([_dispersion(sums, cuts, k, assets) for k in range(1, most + 2)])
    return 2 + int(np.argmax(np.diff(dispersions, 2)))


def labels(cuts: Index, order: Index) -> Index:
    """The cluster of each asset, counted from the leftmost leaf, for runs of leaves that begin at 0 and at the cuts."""
    found = np.zeros(order.size, dtype=np.int64)
    found[order] = np.searchsorted(np.sort(cuts), np.arange(order.size), side="right")
    return found


def _block_sums(of: Tree, pairs: Vector, cuts: Index) -> Vector:
    """Sums of d over pairs of assets from the runs of leaves that the cuts make: symmetric, each pair counted twice."""
    runs, count, assets = labels(cuts, of.order), cuts.size + 1, of.order.size
    sums, place = np.zeros((count, count)), 0
    for asset in range(assets - 1):
        others = assets - 1 - asset
        sums[runs[asset]] += np.bincount(runs[asset + 1 :], pairs[place : place + others], count)
        place += others
    return sums + sums.T


def _dispersion(sums: Vector, cuts: Index, clusters: int, assets: int) -> float:
    """W_k, from the sums over the finest runs."""
    finest, edges = np.concatenate(([0], np.sort(cuts))), np.concatenate(([0], np.sort(cuts[: clusters - 1])))
    starts = np.searchsorted(finest, edges)
    within = np.add.reduceat(np.add.reduceat(sums, starts, axis=0), starts, axis=1)
    return float((np.diag(within) / (2.0 * np.diff(edges, append=assets))).sum())
