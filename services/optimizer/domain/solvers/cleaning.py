"""From the weights of an interior-point method to weights that a person would write down."""

from __future__ import annotations

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.vectors import Vector, vector

SNAP = 1e-9
"""A weight this near to a bound, or to where it was if turnover is limited, is meant to be there."""
LARGEST_REPAIR = 1e-6


def cleaned(weights: Vector, admissible: AdmissibleSet) -> Vector:
    """Put weights on the bounds that they nearly touch, and give the sum back what that took from it.

    Nothing is moved by more than the solver's own tolerance: if the sum is off by more than `LARGEST_REPAIR`, it stays
    so, and the caller sees the violation.
    """
    inside = np.clip(weights, admissible.lower, admissible.upper)
    targets = [admissible.lower, admissible.upper]
    if admissible.turnover is not None:
        targets.append(admissible.start)
    for target in targets:
        near = (np.abs(inside - target) <= SNAP) & (target >= admissible.lower) & (target <= admissible.upper)
        inside = np.where(near, target, inside)
    return vector(_with_budget(inside, admissible))


def _with_budget(weights: Vector, admissible: AdmissibleSet) -> Vector:
    """Spread what the sum lacks over the weights that are free to move."""
    total = float(weights.sum())
    missing = float(np.clip(total, admissible.floor[0], admissible.cap[0])) - total
    free = (weights > admissible.lower + SNAP) & (weights < admissible.upper - SNAP)
    if admissible.turnover is not None:
        free &= weights != admissible.start
    if missing == 0 or abs(missing) > LARGEST_REPAIR or not free.any():
        return weights
    shifted = weights + np.where(free, missing / int(free.sum()), 0.0)
    return np.clip(shifted, admissible.lower, admissible.upper)
