"""The greatest ratio of reward to risk over choices: branch and bound over parts of all choices and of all risks.

A ratio above s asks for  e(w) > s σ(w)  with e = aᵀw − costs − r. Where σ lies between σ₀ and σ₁, its chord lies below,

    σ ≥ (σ² + σ₀ σ₁) / (σ₀ + σ₁),

so that  max e − ½ q σ²  with q = 2s / (σ₀ + σ₁)  bounds what is left, and that is a choice as any other. The chord is
off by (σ₁ − σ₀)² / 4(σ₀ + σ₁) at most: an interval is halved where that is what keeps a bound from closing.
"""

from __future__ import annotations

import heapq
import itertools
import math
from dataclasses import replace

import numpy as np

from services.optimizer.domain.cardinality.bound import Worths, worths
from services.optimizer.domain.cardinality.bounded import Bounded, branching
from services.optimizer.domain.cardinality.context import Context
from services.optimizer.domain.cardinality.incumbent import BRANCHING, NEIGHBOUR, Incumbents
from services.optimizer.domain.cardinality.program import Choice, Node, root_of
from services.optimizer.domain.cardinality.relaxation import Relaxed
from services.optimizer.domain.cardinality.rounding import Rounding
from services.optimizer.domain.cardinality.search import (
    ROOT_STEPS,
    ROUNDED,
    SELDOM,
    STEPS,
    Found,
    Guide,
)
from services.optimizer.domain.errors import SolverFailed
from services.optimizer.domain.solvers import CHOICE
from services.optimizer.domain.solvers.dual_newton import NewtonAnswer, Program
from services.optimizer.domain.vectors import Mask, Vector

NEAR = 1e-12
"""How near a choice's own aversion is brought to its ratio."""
FACTORS = (1.0, 0.1, 10.0)
"""Of the aversion that is looked at first: where else to look."""
HALVED = 0.3
"""An interval is halved if its chord is off by more than this part of what the bound lacks."""
NARROW = 1e-9
"""An interval of this part of a risk is not halved any more."""
AIM, LEAST_AIM = 0.5, 1e-6
"""Of the ratio without a limit on how many are held: what is aimed at as long as there is no choice, and at least."""


def search_ratio(
    choice: Choice,
    rate: float,
    greatest: float,
    required: Mask | None = None,
    guide: Guide | None = None,
) -> Found:
    """As `search`, of minus the ratio; `greatest` is the greatest e of admissible weights, above 0.

    `choice` has an aversion to look at first.
    """
    return _RatioSearch(choice, rate, greatest, required, guide or Guide()).run()


class _RatioSearch:
    def __init__(self, choice: Choice, rate: float, greatest: float, required: Mask | None, guide: Guide) -> None:
        self._choice, self._rate, self._greatest, self._guide = choice, rate, greatest, guide
        self._root = root_of(choice, required)
        self._incumbents = Incumbents(choice, self._root, self._best_of)
        self._context = Context(np.arange(choice.assets), choice, choice.assets)
        self._relaxation = self._context.relaxation
        self._rounding = Rounding(self._incumbents, guide.stopped)
        self._heap: list[tuple[float, int, Node, float, float, Relaxed | None]] = []
        self._count = itertools.count()
        self._nodes, self._fathomed, self._told = 0, np.inf, (np.inf, -np.inf)
        self._aversion, self._free, self._aim = choice.program.risk_aversion, 0.0, 0.0

    def run(self) -> Found:
        """Process parts, greatest bound on the ratio first."""
        free = self._tangency(self._choice.program)
        if free is None:
            raise SolverFailed(CHOICE, "the greatest ratio without a limit on how many are held was not found")
        self._free, self._aversion = -free[1], free[2].program.risk_aversion
        self._aim = AIM * self._free
        least, most = self._risks()
        self._push(-self._free, self._root, least, most, None)
        if self._guide.first is not None:
            self._incumbents.tried(self._guide.first, NEIGHBOUR)
        while self._heap and self._heap[0][0] < self._cutoff:
            if self._guide.stopped() and self._nodes:
                return Found(self._incumbents.best, self._bound, self._nodes, stopped=True)
            bound, _, node, low, high, at = heapq.heappop(self._heap)
            self._process(bound, node, low, high, at)
            self._say()
        return Found(self._incumbents.best, self._bound, self._nodes, stopped=False)

    def _risks(self) -> tuple[float, float]:
        """What σ lies between: that of the calmest weights, and the wildest asset's for all of the budget."""
        program, structure = self._choice.program, self._choice.newton.structure
        calm = replace(program, expected_returns=np.zeros(self._choice.assets), risk_aversion=1.0)
        calm = replace(calm, linear_cost=None, impact_cost=None)
        least = math.sqrt(max(0.0, 2 * self._choice.newton.solve(calm).bound))
        loadings = structure.columns[:, : structure.factors]
        wildest = float(np.sqrt((np.square(loadings).sum(axis=1) + structure.specific).max()))
        most = wildest * float(np.minimum(program.upper.sum(), program.cap[0]))
        return max(least, 1e-9 * most), most * (1 + 1e-9)

    def _tangency(self, program: Program) -> tuple[NewtonAnswer, float, Choice] | None:
        """The greatest ratio of a program: the answer, minus the ratio, and the choice with its aversion."""
        tries = (replace(program, risk_aversion=factor * self._aversion) for factor in FACTORS)
        answers = (self._choice.newton.solve_ratio(each, self._rate, NEAR) for each in tries)
        found = next((each for each in answers if each is not None), None)
        if found is None:
            return None
        answer, aversion = found
        square = -2 * (answer.value + self._rate) / aversion
        # e = q σ² and value = ½ q σ² − e − r, so that σ² = −2 (value + r) / q.
        return answer, -aversion * math.sqrt(square), self._choice.averse(aversion)

    def _best_of(self, chosen: Mask, start: Vector | None) -> tuple[NewtonAnswer, float, Choice] | None:  # noqa: ARG002
        return self._tangency(self._choice.within(chosen))

    @property
    def _cutoff(self) -> float:
        value = self._incumbents.value
        return self._guide.enough(value) if np.isfinite(value) else np.inf

    @property
    def _bound(self) -> float:
        least = min(self._heap[0][0] if self._heap else np.inf, self._fathomed)
        return min(least, self._incumbents.value)

    @property
    def _target(self) -> float:
        """s: the ratio to be beaten."""
        value = self._incumbents.value
        if np.isfinite(value):
            return -value
        return self._aim

    def _push(self, bound: float, node: Node, low: float, high: float, at: Relaxed | None) -> None:
        if bound < self._cutoff:
            heapq.heappush(self._heap, (bound, next(self._count), node, low, high, at))
        else:
            self._fathomed = min(self._fathomed, bound)

    def _say(self) -> None:
        now = (self._incumbents.value, self._bound)
        if now != self._told:
            self._told = now
            self._guide.tell(self._nodes, *now)

    def _process(self, bound: float, node: Node, low: float, high: float, at: Relaxed | None) -> None:
        self._nodes += 1
        if int(node.inside.sum()) >= self._choice.most:
            node = Node(node.inside, ~node.inside)
        if not np.any(node.free) and self._is_settled(node):
            return
        target = self._target
        if np.isfinite(self._incumbents.value):
            # Whatever is better earns no more than the greatest e.
            high = min(high, self._greatest / target * (1 + 1e-9))
        if low < high:
            self._look(bound, node, low, high, at)

    def _look(self, bound: float, node: Node, low: float, high: float, at: Relaxed | None) -> None:
        """Bound a part whose risk lies in an interval, and take it apart if that does not settle it."""
        target = self._target
        found, lacking = self._bounded(2 * target / (low + high), target, node, low, high, at)
        if found is None:
            return
        if self._nodes <= ROUNDED or self._nodes % SELDOM == 0:
            self._rounding(self._context, found, root=self._nodes == 1)
        here = max(bound, -self._reached(target, lacking, low))
        if self._nodes == 1 and here < self._cutoff:
            self._draw(found)
        if here >= self._cutoff or (lacking <= 0 and not self._lower_aim()):
            self._fathomed = min(self._fathomed, here)
        elif lacking <= 0:
            self._push(bound, node, low, high, found.at)
        else:
            self._take_apart(here, found, lacking, low, high)

    def _draw(self, found: Bounded) -> None:
        """Draw by what choices cost at the best ratio so far: what costs less than that ratio's choice beats it."""
        if self._guide.draw is not None and self._incumbents.best is not None:
            self._guide.draw(self._incumbents.best.choice, found, self._incumbents)

    def _take_apart(self, bound: float, found: Bounded, lacking: float, low: float, high: float) -> None:
        node, target = found.node, self._target
        if not np.any(node.free) and high - low <= NARROW * high:
            self._fathomed = min(self._fathomed, bound)
        elif not np.any(node.free) or target * (high - low) ** 2 / (4 * (low + high)) > HALVED * lacking:
            middle = math.sqrt(low * high)
            self._push(bound, node, low, middle, found.at)
            self._push(bound, node, middle, high, found.at)
        else:
            asset = branching(found, self._choice.newton.structure.specific)
            for child in (node.with_inside(asset, self._choice.counts), node.with_outside(asset)):
                self._push(bound, child, low, high, found.at)

    def _lower_aim(self) -> bool:
        """Aim lower, since there is no choice yet and a part has nothing better; whether that can help."""
        self._aim *= AIM
        return self._aim > LEAST_AIM * self._free

    def _is_settled(self, node: Node) -> bool:
        """Whether what a node leaves, and nothing to choose of it, is known."""
        if not self._choice.admits(node.inside):
            return True
        return self._incumbents.tried(node.inside, BRANCHING) or self._incumbents.knows(node.inside)

    def _bounded(  # noqa: PLR0917
        self, aversion: float, target: float, node: Node, low: float, high: float, at: Relaxed | None
    ) -> tuple[Bounded | None, float]:
        """The best prices of some steps, and what the bound lacks; None if the node has no admissible choice."""
        choice, relaxation = self._choice.averse(aversion), self._relaxation.averse(aversion)
        best: Bounded | None = None
        lacking = math.inf
        for _ in range(ROOT_STEPS if at is None else STEPS + 1):
            at = relaxation.step(node, at)
            if at is None:
                return None, 0.0
            worth = worths(choice, at.prices)
            lacks = self._lacking(worth, choice, node, target, low, high)
            if best is None or lacks < lacking:
                best, lacking = Bounded(node, at, worth, lacks), lacks
            if lacking <= 0:
                break
        return best, lacking

    def _lacking(  # noqa: PLR0917
        self, worth: Worths, choice: Choice, node: Node, target: float, low: float, high: float
    ) -> float:
        """At least max e − s σ over a part."""
        return -worth.bound(choice, node) - self._rate - target * low * high / (low + high)

    @staticmethod
    def _reached(target: float, lacking: float, low: float) -> float:
        """No ratio of a part exceeds this."""
        return target + max(0.0, lacking) / low
