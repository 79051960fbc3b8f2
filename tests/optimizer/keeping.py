"""Whether weights keep what a problem says, worked out apart from the product."""

from __future__ import annotations

import numpy as np

from services.optimizer.domain.admissible import admissible_set
from services.optimizer.domain.problem import Problem
from tests.optimizer.mandates import worst_mean
from tests.optimizer.oracle import sigma


def size(stated: Problem, weights: np.ndarray) -> float:
    """√(wᵀΣw)."""
    return float(np.sqrt(weights @ sigma(stated) @ weights))


def tracking(stated: Problem, weights: np.ndarray) -> float:
    """√((w − b)ᵀΣ(w − b))."""
    return size(stated, weights - stated.benchmark())


def outside(stated: Problem, weights: np.ndarray) -> float:
    """How far weights leave the admissible set or exceed a cap."""
    said, over = stated.constraints, [admissible_set(stated).violation(weights)]
    if stated.goal.max_volatility is not None:
        over.append(size(stated, weights) - stated.goal.max_volatility)
    if said.max_tracking_error is not None:
        over.append(tracking(stated, weights) - said.max_tracking_error)
    if said.max_cvar is not None:
        over.append(worst_mean(stated.moments.scenarios, said.max_cvar.confidence, weights) - said.max_cvar.max)
    return max(over)
