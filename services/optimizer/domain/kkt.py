"""How nearly weights and multipliers satisfy the conditions of Karush, Kuhn and Tucker.

With s the slope of the goal at w, Gᵀy the pull of the rows and every |·| a kink with any slope from −p to p,

    s − Gᵀy ∈ normal cone of the box at w + kinks,        y · slack = 0,        w admissible.
"""

from __future__ import annotations

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.dual_bound import Kinks, Multipliers
from services.optimizer.domain.result import KktResiduals
from services.optimizer.domain.vectors import Vector


def kkt_residuals(
    weights: Vector, slope: Vector, admissible: AdmissibleSet, multipliers: Multipliers, kinks: Kinks | None
) -> KktResiduals:
    """The residuals at w; `slope` is the goal's, of length N."""
    low, high = pulls(weights, slope, admissible, multipliers, kinks)
    up = np.where(weights < admissible.upper, np.maximum(low, 0.0), 0.0)
    down = np.where(weights > admissible.lower, np.maximum(-high, 0.0), 0.0)
    return KktResiduals(
        primal=admissible.violation(weights),
        dual=float(np.maximum(up, down).max(initial=0.0)),
        complementarity=_complementarity(weights, admissible, multipliers),
    )


def pulls(
    weights: Vector, slope: Vector, admissible: AdmissibleSet, multipliers: Multipliers, kinks: Kinks | None
) -> tuple[Vector, Vector]:
    """What a step up would be worth by asset, and what a step down would cost: equal but at a kink."""
    reduced = slope - admissible.paid(multipliers.rows)
    if kinks is None and multipliers.turnover == 0 and multipliers.gross == 0:
        return reduced, reduced
    none = np.zeros(weights.size)
    moved = (none if kinks is None else kinks.traded) + 0.5 * multipliers.turnover
    borrowed = none if kinks is None else kinks.borrowed
    ahead, behind = _slopes(weights - admissible.start, moved, moved)
    held_ahead, held_behind = _slopes(weights, multipliers.gross + none, multipliers.gross + borrowed)
    return reduced - ahead - held_ahead, reduced - behind - held_behind


def _slopes(distance: Vector, rising: Vector, falling: Vector) -> tuple[Vector, Vector]:
    """The slopes of rising · d⁺ + falling · d⁻ to the right and to the left."""
    right = np.where(distance >= 0, rising, -falling)
    left = np.where(distance > 0, rising, -falling)
    return right, left


def _complementarity(weights: Vector, admissible: AdmissibleSet, multipliers: Multipliers) -> float:
    held = admissible.held(weights)
    pressing, holding = np.maximum(multipliers.rows, 0.0), np.maximum(-multipliers.rows, 0.0)
    # A price on a limit that is not there would be 0 · ∞.
    above = np.where(pressing > 0, admissible.cap - held, 0.0)
    below = np.where(holding > 0, held - admissible.floor, 0.0)
    worst = float(np.abs(pressing * above + holding * below).max(initial=0.0))
    if admissible.turnover is not None:
        room = admissible.turnover - 0.5 * float(np.abs(weights - admissible.start).sum())
        worst = max(worst, abs(multipliers.turnover * room))
    if admissible.gross is not None:
        worst = max(worst, abs(multipliers.gross * (admissible.gross - float(np.abs(weights).sum()))))
    return worst
