"""A part of the universe with a choice of its own: what is out of the question is not carried along.

The fewer assets, the more of the risk of those that are left may be each one's own, and the stronger is the bound. So a
search that rules out assets goes on among the others, with a diagonal that is learned for them. Where Σ is spared
something, a choice over Σ itself stands beside, for parts in which what is spared would have to be paid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from services.optimizer.domain.cardinality.doubly_nonnegative import DoublyNonnegative
from services.optimizer.domain.cardinality.program import Choice, Node
from services.optimizer.domain.cardinality.relaxation import Relaxation, Relaxed
from services.optimizer.domain.solvers.dual_newton import DualNewton
from services.optimizer.domain.vectors import Index, Mask, Vector

Narrow = Callable[[Index, Vector], Choice]
"""(members, how much more risk of each one's own would raise the bound): the choice among them."""

NARROWER = 0.7
"""A node that leaves no more than this part of the assets gets a context of its own."""
FEW = 3
"""So many times K assets, or fewer, are spared nothing: a diagonal alone does as well, and sooner."""
BETTER = 5e-3
"""By how much Σ itself must promise more than what is left of it, to be gone on with."""


@dataclass(eq=False)
class Context:
    """Where nodes are bounded."""

    members: Index
    """(n,): which of the universe."""
    choice: Choice
    """Among them."""
    universe: int
    """N."""
    spared: DoublyNonnegative | None = None
    """What the covariance is spared; None: nothing."""
    relaxation: Relaxation = field(init=False)
    plain: Context | None = field(default=None, init=False)
    """The same, spared nothing; None as long as nobody asked."""
    seen: int = field(default=0, init=False)
    """Nodes that were bounded here."""

    def __post_init__(self) -> None:
        self.relaxation = Relaxation(self.choice)

    def lifted(self, mask: Mask) -> Mask:
        """A choice among the members as one out of the universe."""
        found = np.zeros(self.universe, dtype=np.bool_)
        found[self.members[mask]] = True
        return found

    def left_few_by(self, node: Node) -> bool:
        """Whether a node leaves so few of the assets that they are worth a context of their own."""
        return int((~node.outside).sum()) <= NARROWER * self.members.size

    def narrowed(self, node: Node, at: Relaxed, narrow: Narrow) -> tuple[Context, Node]:
        """The context of what a node leaves, and the node there."""
        left = ~node.outside
        kept = np.flatnonzero(left)
        members, inside = self.members[left], node.inside[left]
        spared = self._spared_among(kept)
        if spared is None:
            wanted = at.wanted(self.choice.newton.structure.specific, node)[left]
            choice = narrow(members, wanted)
        else:
            choice = self.choice.among(kept)
        context = Context(members, choice, self.universe, spared)
        return context, Node(inside, np.zeros(members.size, dtype=np.bool_))

    def _spared_among(self, kept: Index) -> DoublyNonnegative | None:
        if self.spared is None or kept.size <= FEW * self.choice.most:
            return None
        try:
            return self.spared.among(kept)
        except np.linalg.LinAlgError:
            return None

    def learned(self, node: Node, at: Relaxed, stopped: Callable[[], bool]) -> Context | None:
        """The same, once more is known of what the covariance may be spared; None if nothing is, or it was stopped."""
        if self.spared is None:
            return None
        wanted = at.wanted(self.choice.newton.structure.specific, node)
        found = self.spared.learned(at.weights, wanted, stopped)
        if found is None:
            return None
        spared, covariance = found
        everyone = np.arange(self.members.size)
        newton = DualNewton(covariance.loadings, covariance.specific, self.choice.rows(everyone))
        return Context(self.members, self.choice.among(everyone, newton), self.universe, spared)

    def suited(self, node: Node, at: Relaxed, narrow: Narrow) -> Context:
        """Where to go on from a node: here, or with Σ itself if the node's own weights and shares cost more there."""
        if self.spared is None:
            return self
        wanted = at.wanted(self.choice.newton.structure.specific, node)
        if self.plain is None:
            self.plain = Context(self.members, narrow(self.members, wanted), self.universe)
        here, there = (_risk(each.choice, at.weights, wanted) for each in (self, self.plain))
        return self.plain if there > (1 + BETTER) * here else self


def _risk(choice: Choice, weights: Vector, wanted: Vector) -> float:
    """|Fᵀw|² + Σ dᵢ wᵢ² / ζᵢ."""
    structure = choice.newton.structure
    exposures = weights @ structure.columns[:, : structure.factors]
    return float(exposures @ exposures + structure.specific @ (weights**2 + wanted))
