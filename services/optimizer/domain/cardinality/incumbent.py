"""The best choice that is known, and the search for a better one next to it.

Prices of the best weights of a choice S bound every other choice too, so that exchanging i for j gains g_j − g_i at
most, adding j at most g_j, and leaving i out at most −g_i: what promises nothing is not tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.cardinality.bound import worths
from services.optimizer.domain.cardinality.program import Choice, Node, held
from services.optimizer.domain.solvers.dual_newton import NewtonAnswer
from services.optimizer.domain.vectors import Mask, Vector

WORTH_IT = 1e-12
"""Of a value: a gain below this part of it is rounding."""
MOST_NEIGHBOURS = 60
"""That are tried around one choice, the most promising first."""


@dataclass(frozen=True, slots=True, eq=False)
class Incumbent:
    """A choice, its best weights and their value."""

    chosen: Mask
    answer: NewtonAnswer
    found_by: str

    @property
    def value(self) -> float:
        """Of what is minimized."""
        return self.answer.value

    @property
    def weights(self) -> Vector:
        """w, (N,)."""
        return self.answer.weights


class Incumbents:
    """Tries choices, none of them twice, and keeps the best."""

    def __init__(self, choice: Choice, root: Node) -> None:
        self._choice, self._root = choice, root
        self._tried: set[bytes] = set()
        self.best: Incumbent | None = None

    @property
    def value(self) -> float:
        """The best value; infinite as long as there is none."""
        return np.inf if self.best is None else self.best.value

    def tried(self, chosen: Mask, found_by: str, start: Vector | None = None) -> bool:
        """Whether a choice is better than the best so far, which it then is."""
        key = chosen.tobytes()
        if key in self._tried:
            return False
        self._tried.add(key)
        answer = held(self._choice, chosen, start)
        if not answer.converged or not answer.value < self.value - WORTH_IT * abs(answer.value):
            return False
        self.best = Incumbent(chosen, answer, found_by)
        return True

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
        gains = worths(self._choice, at.answer.z).gains
        leaving = np.flatnonzero(at.chosen & ~self._root.inside)
        coming = np.flatnonzero(~at.chosen & ~self._root.outside)
        promises = (gains[coming][None, :] - gains[leaving][:, None]).ravel()
        moves = [(float(promise), divmod(index, coming.size)) for index, promise in enumerate(promises)]
        steps = [(promise, (leaving[out], coming[into])) for promise, (out, into) in moves]
        if not self._choice.exactly:
            steps += [(-float(gains[out]), (out, None)) for out in leaving]
            if int(at.chosen.sum()) < self._choice.most:
                steps += [(float(gains[into]), (None, into)) for into in coming]
        steps.sort(key=lambda step: -step[0])
        for promise, (out, into) in steps[:MOST_NEIGHBOURS]:
            if promise <= WORTH_IT * abs(at.value):
                return
            chosen = at.chosen.copy()
            if out is not None:
                chosen[out] = False
            if into is not None:
                chosen[into] = True
            yield chosen
