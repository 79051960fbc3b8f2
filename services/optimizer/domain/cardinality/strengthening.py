"""A node's bound raised, round by round, by what its covariance may be spared."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from services.optimizer.domain.cardinality.bound import decided
from services.optimizer.domain.cardinality.bounded import Bounded
from services.optimizer.domain.cardinality.context import Context

SLOW, PATIENCE = 0.02, 5
"""A round that closes less of the gap than this part of it is a slow one; so many of them in a row are enough."""


def strengthened(
    context: Context,
    found: Bounded,
    *,
    rounds: int,
    bounded: Callable[[Context], Bounded | None],
    goals: Callable[[], tuple[float, float]],
    stopped: Callable[[], bool],
) -> tuple[Context, Bounded]:
    """The best context of some rounds, and the node there.

    `goals` are the best value and the bound that is near enough to it. It ends as soon as the node leaves few enough
    of the assets for a context of its own, so that learning goes on among those.
    """
    node = found.node
    # Nothing is known at first: the rounds are held against each other, and not against a diagonal learned before.
    best = (context, found) if context.spared is not None and context.spared.counted is not None else None
    slow = 0
    for _ in range(rounds):
        value, enough = goals()
        if stopped() or slow >= PATIENCE or (best is not None and best[1].bound >= enough):
            break
        learned = context.learned(node, found.at, stopped)
        again = None if learned is None else bounded(learned)
        if learned is None or again is None:
            break
        reached = -np.inf if best is None else best[1].bound
        slow = slow + 1 if again.bound - reached < SLOW * (value - reached) else 0
        # A round may lower the bound and lead to better ones.
        context, found = learned, again
        if best is None or again.bound > reached:
            best = learned, again
        if best[0].left_few_by(decided(best[0].choice, node, best[1].worths, enough)[0]):
            break
    return best or (context, found)
