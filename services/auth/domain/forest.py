"""An isolation forest as plain numbers: what scikit-learn trained, scored without it.

Each tree cuts a sample at random until every point is alone; what is unusual is alone after few cuts (Liu, Ting and
Zhou, 2008). With h(x) the length of the path to x's leaf plus c(size of the leaf), averaged over trees, the score is

    s(x) = 2^(−h(x) / c(n)),   c(n) = 2 (ln(n − 1) + γ) − 2 (n − 1)/n,

about 0.5 for what is usual and near 1 for what is alone. The forest calls x unusual if s(x) > −offset, the quantile of
its own training set by which a tenth of it is.

The form in which it is stored is text, so that reading one can run nothing: a line of JSON for the whole, and one for
each tree.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

FORM: Final = 1
CONTAMINATION: Final = 0.1
_EULER: Final = 0.5772156649015329
_LEAF: Final = -1
_LARGEST: Final = 10_000  # nodes of a tree that is read
_SINGLE: Final = struct.Struct("<f")


class NoForest(Exception):
    """What was read is no forest of this form."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Nodes by number, the root first: which feature is compared, with what, and where to go if it is not greater.

    A leaf has the feature −1; `sizes` are points of the sample in each node.
    """

    features: Sequence[int]
    thresholds: Sequence[float]
    left: Sequence[int]
    right: Sequence[int]
    sizes: Sequence[int]

    def path(self, point: Sequence[float]) -> float:
        """How many cuts it takes to have a point alone, as far as can be known."""
        node, cuts = 0, 0
        while (feature := self.features[node]) != _LEAF:
            node = self.left[node] if point[feature] <= self.thresholds[node] else self.right[node]
            cuts += 1
        return cuts + cuts_of(self.sizes[node])


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees over named features; `sample` points were given to each; `offset` is scikit-learn's `offset_`."""

    names: tuple[str, ...]
    sample: int
    offset: float
    trees: tuple[Tree, ...]

    def score(self, point: Sequence[float]) -> float:
        """How unusual a point is, of 0 to 1."""
        single = [_SINGLE.unpack(_SINGLE.pack(value))[0] for value in point]  # as scikit-learn compares
        depth = sum(tree.path(single) for tree in self.trees)
        return float(2 ** (-depth / (len(self.trees) * cuts_of(self.sample))))

    def is_unusual(self, score: float) -> bool:
        """Whether a score is beyond the forest's own threshold."""
        return -score - self.offset < 0

    def contamination(self, points: Iterable[Sequence[float]]) -> float:
        """Which part of some points is unusual, of 0 to 1."""
        found = [self.is_unusual(self.score(point)) for point in points]
        return sum(found) / len(found)


def cuts_of(size: int) -> float:
    """c(n): the mean path to a point among n, by cuts at random."""
    if size <= 1:
        return 0.0
    if size == 2:
        return 1.0
    return 2.0 * (math.log(size - 1.0) + _EULER) - 2.0 * (size - 1.0) / size


def written(forest: Forest) -> bytes:
    """The forest as it is stored; the same bytes for the same forest."""
    whole = {"form": FORM, "names": list(forest.names), "offset": forest.offset, "sample": forest.sample}
    trees = ([list(part) for part in (t.features, t.thresholds, t.left, t.right, t.sizes)] for t in forest.trees)
    return b"\n".join(_line(one) for one in (whole, *trees))


def read(content: bytes) -> Forest:
    """The forest that was written. Raises NoForest for anything else, and for one whose paths might not end."""
    try:
        first, *rest = content.split(b"\n")
        whole = json.loads(first)
        if whole["form"] != FORM:
            raise NoForest("it has another form")
        names = tuple(str(name) for name in whole["names"])
        trees = tuple(_tree(json.loads(line), len(names)) for line in rest)
        forest = Forest(names, int(whole["sample"]), float(whole["offset"]), trees)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise NoForest("it is none") from error
    if not trees or forest.sample < 2 or not math.isfinite(forest.offset):
        raise NoForest("it has no trees, no sample or no threshold")
    return forest


def _line(one: Any) -> bytes:
    return json.dumps(one, separators=(",", ":"), allow_nan=False).encode()


def identity(content: bytes) -> str:
    """The name of what was written: its SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _tree(parts: Any, width: int) -> Tree:
    features, thresholds, left, right, sizes = parts
    tree = Tree(
        [int(one) for one in features],
        [float(one) for one in thresholds],
        [int(one) for one in left],
        [int(one) for one in right],
        [int(one) for one in sizes],
    )
    count = len(tree.features)
    if not 0 < count <= _LARGEST or {len(part) for part in parts} != {count}:
        raise NoForest("a tree has parts of different lengths")
    for node, feature in enumerate(tree.features):
        # Children stand behind their parents, so that every path ends.
        if feature != _LEAF and not (0 <= feature < width and _behind(tree, node, count)):
            raise NoForest("a tree leads nowhere")
    if not all(map(math.isfinite, tree.thresholds)) or min(tree.sizes) < 1:
        raise NoForest("a tree has numbers that are none")
    return tree


def _behind(tree: Tree, node: int, count: int) -> bool:
    return node < tree.left[node] < count and node < tree.right[node] < count
