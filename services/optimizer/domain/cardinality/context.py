"""A part of the universe with a choice of its own: what is out of the question is not carried along.

The fewer assets, the more of the risk of those that are left may be each one's own, and the stronger is the bound. So a
search that rules out assets goes on among the others, with a diagonal that is learned for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from services.optimizer.domain.cardinality.program import Choice, Node
from services.optimizer.domain.cardinality.relaxation import Relaxation, Relaxed
from services.optimizer.domain.vectors import Index, Mask, Vector

Narrow = Callable[[Index, Vector], Choice]
"""(members, how much more risk of each one's own would raise the bound): the choice among them."""


@dataclass(eq=False)
class Context:
    """Where nodes are bounded."""

    members: Index
    """(n,): which of the universe."""
    choice: Choice
    """Among them."""
    universe: int
    """N."""
    relaxation: Relaxation = field(init=False)
    seen: int = field(default=0, init=False)
    """Nodes that were bounded here."""

    def __post_init__(self) -> None:
        self.relaxation = Relaxation(self.choice)

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return self.members.size == self.universe

    def lifted(self, mask: Mask) -> Mask:
        """A choice among the members as one out of the universe."""
        found = np.zeros(self.universe, dtype=np.bool_)
        found[self.members[mask]] = True
        return found

    def narrowed(self, node: Node, at: Relaxed, narrow: Narrow) -> tuple[Context, Node]:
        """The context of what a node leaves, and the node there."""
        left = ~node.outside
        members, inside = self.members[left], node.inside[left]
        wanted = at.wanted(self.choice.newton.structure.specific, node)[left]
        context = Context(members, narrow(members, wanted), self.universe)
        return context, Node(inside, np.zeros(members.size, dtype=np.bool_))
