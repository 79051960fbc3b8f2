"""A diagonal that is learned for one choice: what the bound at the root wants of it.

By the method of Frank and Wolfe (1956): the bound grows with dᵢ as wᵢ² (1/ζᵢ − 1) does, and a diagonal that is best for
these weights is mixed into the last one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from services.optimizer.domain.cardinality.bound import worths
from services.optimizer.domain.cardinality.diagonal import OwnRisk
from services.optimizer.domain.cardinality.program import Choice, Node, root_of
from services.optimizer.domain.cardinality.relaxation import Relaxation, Relaxed
from services.optimizer.domain.vectors import Mask, Vector

ROUNDS, STEPS = 3, 3
WHOLE = 0.01
"""A share this near to 0 or 1 is none or whole."""


def sharpened(
    own: OwnRisk, choice_of: Callable[[Vector], Choice], required: Mask | None, stopped: Callable[[], bool]
) -> Choice:
    """The choice over the diagonal with the best bound at its root, out of some that are learned for it."""
    diagonal = own.even
    best = choice = choice_of(diagonal)
    root, bound = root_of(choice, required), -np.inf
    for turn in range(ROUNDS + 1):
        at, here = _relaxed(choice, root)
        if at is None:
            return best
        if here > bound:
            best, bound = choice, here
        specific = choice.newton.structure.specific
        shares = at.shares(specific, root)
        if turn == ROUNDS or stopped() or not bool(np.any((shares > WHOLE) & (shares < 1 - WHOLE))):
            break
        wanted = own.weighted(at.wanted(specific, root))
        diagonal = diagonal + 2 / (turn + 3) * (wanted - diagonal)
        choice = choice_of(diagonal)
    return best


def _relaxed(choice: Choice, root: Node) -> tuple[Relaxed | None, float]:
    """Some steps towards the relaxation, and the best bound on the way."""
    relaxation, at, best = Relaxation(choice), None, -np.inf
    for _ in range(STEPS):
        at = relaxation.step(root, at)
        if at is None:
            break
        best = max(best, worths(choice, at.prices).bound(choice, root))
    return at, best
