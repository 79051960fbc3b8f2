"""From a node's shares to choices: the largest ones, what is next to them, and a dive where they admit no weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.cardinality.bounded import Bounded, rounded
from services.optimizer.domain.cardinality.context import Context
from services.optimizer.domain.cardinality.incumbent import BRANCHING, RELAXATION, SWAP, Incumbents
from services.optimizer.domain.cardinality.program import Node
from services.optimizer.domain.cardinality.relaxation import Relaxed


@dataclass(frozen=True, slots=True, eq=False)
class Rounding:
    """Tries what the relaxation of nodes suggests."""

    incumbents: Incumbents
    stopped: Callable[[], bool]

    def __call__(self, context: Context, found: Bounded, *, root: bool) -> None:
        """Try the assets with the largest shares; if that is better than all before, also whatever is next to them."""
        better = self._tried(context, found.node, found.at, RELAXATION if root else BRANCHING)
        if root and self.incumbents.best is None:
            self._dive(context, found)
            better = self.incumbents.best is not None
        if better:
            self.incumbents.improve(SWAP if root else BRANCHING, self.stopped)

    def _tried(self, context: Context, node: Node, at: Relaxed, who: str) -> bool:
        chosen = context.lifted(rounded(context.choice, node, at))
        # Prices of the factors of a part of the universe, or of less than Σ, are none of the universe's.
        return self.incumbents.tried(chosen, who, at.prices if self.incumbents.priced_as(context.choice) else None)

    def _dive(self, context: Context, found: Bounded) -> None:
        """Asset by asset, the one that the relaxation holds most of is put in, until a choice on the way is admissible.

        It is not told to stop: an answer with a gap is worth some milliseconds to whoever had none.
        """
        node, at, most = found.node, found.at, context.choice.most
        while self.incumbents.best is None and int(node.inside.sum()) < most and bool(np.any(node.free)):
            heaviest = int(np.argmax(np.where(node.free, at.weights, -1.0)))
            inside, outside = node.with_inside(heaviest, context.choice.counts), node.with_outside(heaviest)
            step = context.relaxation.step(inside, at)
            node = outside if step is None else inside
            step = context.relaxation.step(outside, at) if step is None else step
            if step is None:
                return
            at = step
            self._tried(context, node, at, RELAXATION)
