"""A node with prices that bound it, and what they say of it: which choice to try, and which asset to decide on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.cardinality.bound import Worths
from services.optimizer.domain.cardinality.program import Choice, Node
from services.optimizer.domain.cardinality.relaxation import Relaxed
from services.optimizer.domain.vectors import Mask, Vector


@dataclass(frozen=True, slots=True, eq=False)
class Bounded:
    """A node with the best prices that were found for it."""

    node: Node
    at: Relaxed
    worths: Worths
    bound: float


def rounded(choice: Choice, node: Node, at: Relaxed) -> Mask:
    """What is in, and the free assets with the largest shares; of those that are whole, the ones that weigh more."""
    room = choice.most - int(node.inside.sum())
    size = at.shares(choice.newton.structure.specific, node) + 1e-3 * at.weights
    size[~node.free] = -np.inf
    order = np.argsort(-size, kind="stable")[: int(node.free.sum())]
    if choice.counts is not None:
        order = order[choice.counts.leading(order, node.inside)]
    order = order[:room]
    chosen = node.inside.copy()
    # What the relaxation does not hold would have to be bought in for nothing.
    chosen[order if choice.exactly else order[size[order] > 0]] = True
    return chosen


def branching(found: Bounded, specific: Vector) -> int:
    """The free asset that carries the most risk of its own among those that are neither in nor out yet."""
    size = np.sqrt(specific) * found.at.weights
    between = found.node.free & (found.at.shares(specific, found.node) < 1.0)
    if not bool(np.any(size[between] > 0)):
        between = found.node.free
    size[~between] = -1.0
    return int(np.argmax(size))
