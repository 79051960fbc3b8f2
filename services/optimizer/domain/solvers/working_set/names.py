"""The assets to begin with: a few that look best, and as many more as it takes to meet every row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.vectors import Index, Vector

BEST, CALMEST, WORST_HELD = 44, 20, 20
# What the assets chosen for a row can do, as a multiple of what it needs.
AMPLE = 1.5


def first_names(linear: Vector, variances: Vector, admissible: AdmissibleSet, resting: Vector) -> Index:
    """Which assets, ascending; all of them if that is more than half, or if some do not know where to rest."""
    everybody, chosen = np.arange(resting.size), np.isnan(resting)
    if bool(chosen.any()) or resting.size <= BEST + CALMEST:
        return everybody
    risks = np.sqrt(variances)
    merit = linear / np.where(risks > 0, risks, 1.0) if bool(np.any(linear)) else -risks
    order = np.argsort(-merit, kind="stable")
    chosen[order[:BEST]] = True
    chosen[np.argsort(variances, kind="stable")[:CALMEST]] = True
    held = order[resting[order] > admissible.lower[order]]
    chosen[held[max(0, held.size - WORST_HELD) :]] = True
    for room, short in _shortages(admissible, resting):
        helping = order[room[order] > 0]
        enough = int(np.searchsorted(np.cumsum(room[helping]), AMPLE * short)) + 1
        chosen[helping[:enough]] = True
    few = np.flatnonzero(chosen)
    return few if 2 * few.size <= resting.size else everybody


def _shortages(admissible: AdmissibleSet, resting: Vector) -> Iterator[tuple[Vector, float]]:
    """By how much rows miss their limits where all assets rest, and what each asset could do about it."""
    held = admissible.held(resting)
    up, down = admissible.upper - resting, resting - admissible.lower
    for sign, short in ((1.0, admissible.floor - held), (-1.0, held - admissible.cap)):
        for row in np.flatnonzero(short > 0):
            coefficients = sign * admissible.matrix[[row]].toarray()[0]
            yield np.maximum(coefficients * up, -coefficients * down), float(short[row])
