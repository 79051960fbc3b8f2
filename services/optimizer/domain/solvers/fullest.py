"""The largest multiple of a portfolio that is still admissible.

Where cash earns what it costs, r = 0, every multiple of a portfolio has the same Sharpe ratio. The one that leaves the
least cash is meant.
"""

from __future__ import annotations

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.vectors import Vector

_NEWTON_STEPS = 100


def fullest(weights: Vector, admissible: AdmissibleSet) -> Vector:
    """tw with the largest t ≥ 1 that bounds, rows and turnover admit; w itself if there is no larger one."""
    held = admissible.held(weights)
    rooms = [
        _room(weights, admissible.upper),
        _room(-weights, -admissible.lower),
        _room(held, admissible.cap),
        _room(-held, -admissible.floor),
    ]
    largest = float(min(room.min(initial=np.inf) for room in rooms))
    if not np.isfinite(largest):
        return weights
    if admissible.turnover is not None:
        largest = _within_turnover(weights, admissible.start, admissible.turnover, largest)
    return weights * max(1.0, largest)


def _room(used: Vector, limit: Vector) -> Vector:
    """How often `used` fits into its limit, where it grows towards it."""
    growing = used > 0
    return np.asarray(limit[growing] / used[growing])


def _within_turnover(weights: Vector, start: Vector, turnover: float, largest: float) -> float:
    """The largest t ≤ `largest` with ½ Σ|tw − w₀| ≤ turnover: Newton's method on a convex function, from the right."""
    factor = largest
    for _ in range(_NEWTON_STEPS):
        moved = factor * weights - start
        excess = 0.5 * float(np.abs(moved).sum()) - turnover
        slope = 0.5 * float(np.sign(moved) @ weights)
        if excess <= 0 or slope <= 0:
            break
        factor -= excess / slope
    return factor
