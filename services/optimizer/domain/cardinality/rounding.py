"""From a node's shares to choices: the largest ones, what is next to them, and a dive where they admit no weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.cardinality.bounded import Bounded, rounded
from services.optimizer.domain.cardinality.incumbent import BRANCHING, RELAXATION, SWAP, Incumbents
from services.optimizer.domain.cardinality.program import Choice
from services.optimizer.domain.cardinality.relaxation import Relaxation


@dataclass(frozen=True, slots=True, eq=False)
class Rounding:
    """Tries what the relaxation of nodes suggests."""

    choice: Choice
    relaxation: Relaxation
    incumbents: Incumbents
    stopped: Callable[[], bool]

    def __call__(self, found: Bounded, *, root: bool) -> None:
        """Try the assets with the largest shares; if that is better than all before, also whatever is next to them."""
        chosen, who = rounded(self.choice, found.node, found.at), RELAXATION if root else BRANCHING
        better = self.incumbents.tried(chosen, who, found.at.prices)
        if root and self.incumbents.best is None:
            self._dive(found)
            better = self.incumbents.best is not None
        if better:
            self.incumbents.improve(SWAP if root else BRANCHING, self.stopped)

    def _dive(self, found: Bounded) -> None:
        """Asset by asset, the one that the relaxation holds most of is put in, until a choice on the way is admissible.

        It is not told to stop: an answer with a gap is worth some milliseconds to whoever had none.
        """
        node, at = found.node, found.at
        while self.incumbents.best is None and int(node.inside.sum()) < self.choice.most and bool(np.any(node.free)):
            heaviest = int(np.argmax(np.where(node.free, at.weights, -1.0)))
            inside, outside = node.with_inside(heaviest), node.with_outside(heaviest)
            step = self.relaxation.step(inside, at)
            node = outside if step is None else inside
            step = self.relaxation.step(outside, at) if step is None else step
            if step is None:
                return
            at = step
            self.incumbents.tried(rounded(self.choice, node, at), RELAXATION, at.prices)
