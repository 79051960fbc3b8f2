"""Branch and bound, best first: an incumbent soon, a bound always, and proof in the end.

Every node is bounded by prices that some steps towards its perspective relaxation bring. Its children are bounded by
the same prices at once, without solving anything.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from services.optimizer.domain.cardinality.bound import decided, worths
from services.optimizer.domain.cardinality.bounded import Bounded, branching
from services.optimizer.domain.cardinality.context import Context, Narrow
from services.optimizer.domain.cardinality.diagonal import OwnRisk
from services.optimizer.domain.cardinality.doubly_nonnegative import DoublyNonnegative
from services.optimizer.domain.cardinality.incumbent import BRANCHING, NEIGHBOUR, Incumbent, Incumbents
from services.optimizer.domain.cardinality.program import Choice, Node, held, root_of
from services.optimizer.domain.cardinality.relaxation import MANY, Relaxed
from services.optimizer.domain.cardinality.rounding import Rounding
from services.optimizer.domain.cardinality.strengthening import strengthened
from services.optimizer.domain.solvers.dual_newton import NewtonAnswer
from services.optimizer.domain.vectors import Mask, Vector

ROOT_STEPS, STEPS = 8, 1
# Choices are made of every node's shares at first, and of every so many nodes' then.
ROUNDED, SELDOM = 20, 8
# A step that closes less of the gap than this part of it is the last.
WORTHWHILE = 0.02

# A node that leaves few of its context's assets gets one of its own, before anything is branched on or if its context
# has been good for so many nodes: learning a diagonal takes as long as some of them.
SETTLED_IN = 20

# Nodes after which it begins anew, with a covariance that is spared what it may be: of many assets, and of few.
ANEW, ANEW_OF_FEW = 200, 600
# Rounds of learning what that is, before anything is branched on and later.
ROUNDS, LATER_ROUNDS = 40, 3

Tell = Callable[[int, float, float], None]
"""(nodes, value of the incumbent, bound): either is infinite as long as there is none."""

Draw = Callable[[Choice, Bounded, Incumbents], None]
"""(whose prices a node has, the node, what has been found): tries choices that promise something."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The best choice that was found, and what proves how good it is."""

    best: Incumbent | None
    """None: there is no choice, or none was found in time."""
    bound: float
    """No choice is better; infinite: there is none."""
    nodes: int
    stopped: bool
    """Whether it was told to stop before it had come near enough."""


@dataclass(frozen=True, slots=True)
class Guide:
    """What a search asks the outside."""

    enough: Callable[[float], float] = lambda value: value
    """Which bound is near enough to a value."""
    stopped: Callable[[], bool] = lambda: False
    """Asked before each node."""
    tell: Tell = lambda nodes, value, bound: None  # noqa: ARG005
    draw: Draw | None = None
    """Asked once for choices to try, where the root leaves room for better ones."""
    first: Mask | None = None
    """A choice to try before anything else."""


def search(
    choice: Choice,
    required: Mask | None = None,
    guide: Guide | None = None,
    narrow: Narrow | None = None,
    own: OwnRisk | None = None,
) -> Found:
    """The best choice; `narrow` makes the choice among what is left when assets are out of the question.

    Where `own` knows the covariance, it is spared what it may be once the search has turned out to be a long one.
    """
    return _Search(choice, required, guide or Guide(), narrow or (lambda members, _: choice.among(members)), own).run()


class _Search:
    def __init__(
        self, choice: Choice, required: Mask | None, guide: Guide, narrow: Narrow, own: OwnRisk | None
    ) -> None:
        self._choice, self._guide, self._narrow, self._own = choice, guide, narrow, own
        self._root = root_of(choice, required)
        self._incumbents = Incumbents(choice, self._root, self._best_of)
        self._rounding = Rounding(self._incumbents, guide.stopped)
        self._heap: list[tuple[float, int, Context, Node, Relaxed | None]] = []
        self._count = itertools.count()
        self._nodes, self._fathomed, self._told = 0, np.inf, (np.inf, -np.inf)
        self._looked_at, self._branched = np.inf, False
        self._incumbents.heard = self._say

    def run(self) -> Found:
        """Process nodes, least bound first, until the bound is near enough."""
        whole = Context(np.arange(self._choice.assets), self._choice, self._choice.assets)
        self._push(-np.inf, whole, self._root, None)
        if self._guide.first is not None:
            self._incumbents.tried(self._guide.first, NEIGHBOUR)
        while self._heap and self._heap[0][0] < self._cutoff:
            if self._guide.stopped() and self._nodes:
                return Found(self._incumbents.best, self._bound, self._nodes, stopped=True)
            bound, _, context, node, at = heapq.heappop(self._heap)
            self._looked_at = bound
            self._process(bound, context, node, at)
            self._looked_at = np.inf
            self._say()
            if self._own is not None and self._nodes == (ANEW if self._choice.assets >= MANY else ANEW_OF_FEW):
                self._begin_anew(DoublyNonnegative.of(self._own))
        return Found(self._incumbents.best, self._bound, self._nodes, stopped=False)

    def _begin_anew(self, spared: DoublyNonnegative) -> None:
        """With all choices, and what is known of them."""
        if self._heap:
            bound = self._heap[0][0]
            self._heap.clear()
            self._branched = False
            everyone = np.arange(self._choice.assets)
            self._push(bound, Context(everyone, self._choice, everyone.size, spared), self._root, None)

    def _best_of(self, chosen: Mask, start: Vector | None) -> tuple[NewtonAnswer, float, Choice] | None:
        answer = held(self._choice, chosen, start)
        return (answer, answer.value, self._choice) if answer.converged else None

    @property
    def _cutoff(self) -> float:
        """A bound from here on is near enough to the incumbent."""
        value = self._incumbents.value
        return self._guide.enough(value) if np.isfinite(value) else np.inf

    @property
    def _bound(self) -> float:
        """What no choice is better than."""
        waiting = self._heap[0][0] if self._heap else np.inf
        return min(waiting, self._looked_at, self._fathomed, self._incumbents.value)

    def _push(self, bound: float, context: Context, node: Node, at: Relaxed | None) -> None:
        if bound < self._cutoff:
            heapq.heappush(self._heap, (bound, next(self._count), context, node, at))
        else:
            self._fathomed = min(self._fathomed, bound)

    def _say(self) -> None:
        now = (self._incumbents.value, self._bound)
        if now != self._told:
            self._told = now
            self._guide.tell(self._nodes, *now)

    def _process(self, bound: float, context: Context, node: Node, at: Relaxed | None) -> None:
        self._nodes += 1
        context.seen += 1
        if not np.any(node.free) or int(node.inside.sum()) >= self._choice.most:
            self._settle(bound, context, node)
            return
        found = self._bounded(context, node, at)
        if found is None:
            return
        if context.spared is not None and context.seen == 1:
            context, found = self._strengthened(context, found)
        found = replace(found, bound=max(bound, found.bound))
        self._looked_at = found.bound
        context.relaxation.look_at(found.worths.gains, node)
        if self._nodes <= ROUNDED or self._nodes % SELDOM == 0:
            self._rounding(context, found, root=self._nodes == 1)
        if self._nodes == 1 and self._guide.draw is not None and found.bound < self._cutoff:
            self._guide.draw(self._choice, found, self._incumbents)
        if found.bound >= self._cutoff:
            self._fathomed = min(self._fathomed, found.bound)
            return
        if self._guide.stopped():
            # What follows may learn a diagonal, and be late with what there is.
            self._push(found.bound, context, node, found.at)
            return
        left, without = decided(context.choice, node, found.worths, self._cutoff)
        self._fathomed = min(self._fathomed, without)
        self._go_on(context, found, left)

    def _strengthened(self, context: Context, found: Bounded) -> tuple[Context, Bounded]:
        node = found.node

        def bounded(other: Context) -> Bounded | None:
            again = self._bounded(other, node, None)
            if again is not None:
                self._looked_at = max(self._looked_at, again.bound)
                self._say()
            return again

        best, found = strengthened(
            context,
            found,
            rounds=LATER_ROUNDS if self._branched else ROUNDS,
            bounded=bounded,
            goals=lambda: (self._incumbents.value, self._cutoff),
            stopped=self._guide.stopped,
        )
        best.seen = context.seen
        return best, found

    def _go_on(self, context: Context, found: Bounded, left: Node) -> None:
        """With what a node leaves: in a context of its own if that is much less than before, or with two children."""
        worth_it = not self._branched or context.seen >= SETTLED_IN
        if worth_it and context.left_few_by(left) and int((~left.outside).sum()) > self._choice.most:
            self._push(found.bound, *context.narrowed(left, found.at, self._narrow), None)
        elif not np.any(left.free) or int(left.inside.sum()) >= self._choice.most:
            self._push(found.bound, context, left, found.at)
        else:
            self._branched = True
            to = context.suited(left, found.at, self._narrow)
            at = found.at if to is context else None
            asset = branching(replace(found, node=left), context.choice.newton.structure.specific)
            for child in (left.with_inside(asset, context.choice.counts), left.with_outside(asset)):
                self._push(max(found.bound, found.worths.bound(context.choice, child)), to, child, at)

    def _settle(self, bound: float, context: Context, node: Node) -> None:
        """A node that leaves nothing to choose."""
        chosen = context.lifted(node.inside)
        self._incumbents.tried(chosen, BRANCHING)
        if self._choice.admits(chosen) and not self._incumbents.knows(chosen):
            answer = held(self._choice, chosen)
            if not answer.empty:
                # Neither solved nor known to be empty.
                self._fathomed = min(self._fathomed, max(bound, answer.bound))

    def _bounded(self, context: Context, node: Node, at: Relaxed | None) -> Bounded | None:
        """The best prices of some steps; None if the node has no choice that is admissible."""
        best: Bounded | None = None
        for step in range(ROOT_STEPS if at is None else STEPS):
            at = context.relaxation.step(node, at)
            if at is None:
                return None
            worth = worths(context.choice, at.prices)
            here, before = worth.bound(context.choice, node), -np.inf if best is None else best.bound
            if best is None or here > best.bound:
                best = Bounded(node, at, worth, here)
            room = self._incumbents.value - best.bound
            last = step > 1 and here - before < WORTHWHILE * room
            # What is spared is learned from shares, which get better when the bound does not.
            if best.bound >= self._cutoff or (last and context.spared is None) or self._guide.stopped():
                break
        return best
