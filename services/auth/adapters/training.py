"""A training, as a process of its own: `python -m services.auth.adapters.training`.

Reads a line of JSON, {"names": [...], "seed": n}, and then a line of points, again and again, to the end. Writes a line
of JSON about the training, and behind it the forest as it is stored. Nothing is pickled, on no way.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any, BinaryIO

from services.auth.domain.forest import CONTAMINATION, Forest, Tree, written

TREES = 100
COMPARED = 500  # points whose scores are compared with the library's


def main(source: BinaryIO, sink: BinaryIO) -> None:
    """Train on what is read."""
    import numpy as np

    head = json.loads(source.readline())
    points = np.array([point for line in source for point in json.loads(line)], dtype=np.float64)
    forest, about = trained(points, head["names"], head["seed"])
    sink.write(json.dumps(about).encode() + b"\n" + written(forest))
    sink.flush()


def trained(points: Any, names: Sequence[str], seed: int) -> tuple[Forest, dict[str, Any]]:
    """The forest on these points (n × names), and what is to be known of it."""
    import numpy as np
    import sklearn
    from sklearn.ensemble import IsolationForest

    # In a fixed order: the sample that a tree is given is drawn by place.
    ordered = points[np.lexsort(points.T[::-1])]
    model = IsolationForest(n_estimators=TREES, contamination=CONTAMINATION, random_state=seed)
    model.fit(ordered)
    forest = Forest(
        names=tuple(names),
        sample=int(model.max_samples_),
        offset=float(model.offset_),
        trees=tuple(map(_tree, model.estimators_, model.estimators_features_)),
    )
    compared = ordered[:: max(1, len(ordered) // COMPARED)]
    ours = np.array([forest.score(point) for point in compared.tolist()])
    return forest, {
        "points": len(ordered),
        "contamination": forest.contamination(ordered.tolist()),
        "error": float(np.abs(ours + model.score_samples(compared)).max()),
        "library_version": sklearn.__version__,
    }


def _tree(estimator: Any, columns: Any) -> Tree:
    tree = estimator.tree_
    is_leaf = tree.children_left == -1
    return Tree(
        features=[-1 if leaf else int(columns[one]) for leaf, one in zip(is_leaf, tree.feature, strict=True)],
        thresholds=[0.0 if leaf else float(one) for leaf, one in zip(is_leaf, tree.threshold, strict=True)],
        left=tree.children_left.tolist(),
        right=tree.children_right.tolist(),
        sizes=tree.n_node_samples.tolist(),
    )


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
