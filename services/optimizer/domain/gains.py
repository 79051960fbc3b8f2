"""What the goal gains where a limit gives way: multipliers and slopes in the unit of the goal, and in words.

At the optimum ŵ the Lagrangian's slope along a limit is its multiplier (Karush 1939; Kuhn and Tucker 1951), so that
relaxing the limit by ε betters the goal by price · ε to first order. A ratio s = f(w) / σ(w) is found as the greatest
f − sσ, whose multipliers are in the unit of the excess f: the ratio gains 1 / σ(ŵ) as much (Dinkelbach 1967).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.certificate import RATIOS, Certificate
from services.optimizer.domain.certified import Certified
from services.optimizer.domain.dual_bound import Multipliers
from services.optimizer.domain.goal import Objective
from services.optimizer.domain.kkt import pulls
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.vectors import Mask, Vector

# A multiplier below this fraction of the goal's slope is what rounding leaves of none.
NOTHING = 1e-7
# A weight this near to a point is meant to be there.
NEAR = 1e-9
ONE_PERCENT = 0.01

_UNITS = {
    Objective.SHARPE: "Sharpe ratio",
    Objective.DIVERSIFICATION: "diversification ratio",
    Objective.RETURN: "expected return a year",
    Objective.UTILITY: "utility a year",
    Objective.ACTIVE_UTILITY: "active utility a year",
    Objective.RISK: "volatility a year",
    Objective.TRACKING_ERROR: "tracking error a year",
    Objective.CVAR: "conditional value at risk a session",
}


@dataclass(frozen=True, slots=True, eq=False)
class Gains:
    """What steps are worth at ŵ, in the unit of the goal: never below 0 for one that betters it."""

    weights: Vector
    admissible: AdmissibleSet
    multipliers: Multipliers
    """In the unit of the goal, a ratio's too."""
    up: Vector
    """What a unit more of each asset is worth, N × 1; what it would earn less what its share of the limits costs."""
    down: Vector
    """What a unit less costs, N × 1: differs from `up` only where a cost has its kink."""
    nothing: float
    """A price below which there is none."""

    def is_at(self, points: Vector) -> Mask:
        """Which weights sit at the given points."""
        return np.asarray(np.abs(self.weights - points) <= NEAR)


def gains(problem: Problem, found: Certified) -> Gains | None:
    """Convert what an engine proved its answer with; None if nothing proves it."""
    certificate, weights = Certificate(problem), found.solved.weights
    slope, admissible, multipliers = found.slope(certificate), found.admissible, found.multipliers
    if slope is None or admissible is None or multipliers is None:
        return None
    up, down = pulls(weights, slope, admissible, multipliers, certificate.kinks)
    unit = certificate.risk(weights) if problem.goal.objective in RATIOS else 1.0
    scale = 1.0 / unit if unit > 0 else 0.0
    largest = float(np.abs(slope).max(initial=0.0)) + float(np.abs(certificate.reward).max(initial=0.0))
    nothing = NOTHING * largest * scale
    return Gains(weights, admissible, multipliers.scaled(scale), up * scale, down * scale, nothing)


def in_words(objective: Objective) -> Callable[[float], str]:
    """How an amount of the goal is said: a ratio as a number, all else in basis points."""
    unit = _UNITS[objective]
    if objective in RATIOS:
        return lambda amount: f"{amount:.3g} of {unit}"
    return lambda amount: f"{1e4 * amount:.3g} bp of {unit}"
