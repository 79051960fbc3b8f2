"""The best choice that is known, and the search for a better one next to it.

Prices of the best weights of a choice S bound every other choice too, so that exchanging i for j gains g_j − g_i at
most, adding j at most g_j, and leaving i out at most −g_i: what promises nothing is not tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.cardinality.bound import worths
from services.optimizer.domain.cardinality.program import Choice, Node
from services.optimizer.domain.solvers.dual_newton import NewtonAnswer
from services.optimizer.domain.vectors import Mask, Vector

RELAXATION, SWAP, BRANCHING, NEIGHBOUR = "relaxation", "swap", "branch_and_bound", "neighbour"
"""Who may find a choice, beside samplers."""
WORTH_IT = 1e-12
"""Of a value: a gain below this part of it is rounding."""
NOBODY = -1
MOST_NEIGHBOURS = 60
"""That are tried around one choice, the most promising first."""


@dataclass(frozen=True, slots=True, eq=False)
class Incumbent:
    """A choice, its best weights and their value."""

    chosen: Mask
    answer: NewtonAnswer
    value: float
    """Of what is minimized."""
    choice: Choice
    """Whose prices the answer's are."""
    found_by: str

    @property
    def weights(self) -> Vector:
        """w, (N,)."""
        return self.answer.weights


Best = Callable[[Mask, Vector | None], tuple[NewtonAnswer, float, Choice] | None]
"""The best weights of some assets, from some prices: the answer, its value, and whose prices it has; None if none."""


class Incumbents:
    """Tries choices, none of them twice, and keeps the best."""

    def __init__(self, choice: Choice, root: Node, best: Best) -> None:
        self._choice, self._root, self._best_of = choice, root, best
        self._answered: dict[bytes, bool] = {}
        self.best: Incumbent | None = None
        self.heard: Callable[[], None] = lambda: None
        """Called whenever there is a better one."""

    @property
    def value(self) -> float:
        """The best value; infinite as long as there is none."""
        return np.inf if self.best is None else self.best.value

    def tried(self, chosen: Mask, found_by: str, start: Vector | None = None) -> bool:
        """Whether a choice is better than the best so far, which it then is."""
        key = chosen.tobytes()
        if key in self._answered or not self._choice.admits(chosen):
            return False
        found = self._best_of(chosen, start)
        self._answered[key] = found is not None
        if found is None or not found[1] < self.value - WORTH_IT * abs(found[1]):
            return False
        answer, value, choice = found
        self.best = Incumbent(chosen, answer, value, choice, found_by)
        self.heard()
        return True

    def priced_as(self, choice: Choice) -> bool:
        """Whether prices of a choice are those of the universe's."""
        return choice.newton is self._choice.newton

    def knows(self, chosen: Mask) -> bool:
        """Whether the best weights of a choice were found."""
        return self._answered.get(chosen.tobytes(), False)

    def improve(self, found_by: str, stopped: Callable[[], bool]) -> None:
        """Walk from the best choice to better neighbours until none is, or told to stop."""
        at = None
        while self.best is not None and self.best is not at:
            at = self.best
            for neighbour in self._neighbours(at):
                if stopped() or self.tried(neighbour, found_by, at.answer.z):
                    break

    def _neighbours(self, at: Incumbent) -> Iterator[Mask]:
        """Choices that differ by one asset and promise something, the most promising first."""
        gains = worths(at.choice, at.answer.z).gains
        leaving = np.append(np.flatnonzero(at.chosen & ~self._root.inside), NOBODY)
        coming = np.append(np.flatnonzero(~at.chosen & ~self._root.outside), NOBODY)
        promises = np.append(gains[coming[:-1]], 0.0)[None, :] - np.append(gains[leaving[:-1]], 0.0)[:, None]
        if self._choice.exactly:
            promises[-1, :], promises[:, -1] = -np.inf, -np.inf
        elif int(at.chosen.sum()) >= self._choice.most:
            promises[-1, :] = -np.inf
        promises[-1, -1] = -np.inf
        order = np.argsort(-promises, axis=None, kind="stable")[:MOST_NEIGHBOURS]
        for out, into in zip(*np.unravel_index(order, promises.shape), strict=True):
            if promises[out, into] <= WORTH_IT * abs(at.answer.value):
                return
            chosen = at.chosen.copy()
            if leaving[out] != NOBODY:
                chosen[leaving[out]] = False
            if coming[into] != NOBODY:
                chosen[coming[into]] = True
            yield chosen
