"""Where each weight sits, and what it would take to hold more of what is held at a bound.

The slope of asset i says by how much its expected return would have to rise before a step up pays: up to there the same
weights and multipliers still satisfy the conditions of Karush, Kuhn and Tucker, since only that slope changes. That is
exact for a utility and a return, and for a ratio or a least return while w_i = 0, since they do not change either then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.optimizer.domain.certificate import RATIOS, Certificate
from services.optimizer.domain.explanation import Place
from services.optimizer.domain.gains import NEAR, Gains
from services.optimizer.domain.goal import RETURNS
from services.optimizer.domain.problem import Problem


@dataclass(frozen=True, slots=True)
class Holding:
    """What holds one weight where it is."""

    place: Place
    return_to_hold: float | None
    is_exact: bool
    sentence: str


def holdings(problem: Problem, gains: Gains) -> list[Holding]:
    """Every asset, in the order of the universe."""
    teller = _Teller(problem, gains)
    return [teller.holding(index, place) for index, place in enumerate(_places(gains))]


def _places(gains: Gains) -> list[Place]:
    """Zero before any bound, a bound before the current weight: the first that says why it is there."""
    admissible, kinked = gains.admissible, gains.up < gains.down - gains.nothing
    zero, lower, upper = gains.is_at(np.zeros(1)), gains.is_at(admissible.lower), gains.is_at(admissible.upper)
    whether = (
        (Place.ZERO, zero & (lower | upper | kinked)),
        (Place.LOWER_BOUND, lower),
        (Place.UPPER_BOUND, upper),
        (Place.CURRENT_WEIGHT, gains.is_at(admissible.start) & kinked),
    )
    count = gains.weights.size
    return [next((place for place, where in whether if where[index]), Place.FREE) for index in range(count)]


def _worth_of_return(problem: Problem, gains: Gains) -> float:
    """What a unit of expected return is worth per unit of weight, in the unit of the goal; 0 if nothing looks at it."""
    if problem.goal.objective in RETURNS:
        if problem.goal.objective not in RATIOS:
            return 1.0
        risk = Certificate(problem).risk(gains.weights)
        return 1.0 / risk if risk > 0 else 0.0
    least = [index for index, row in enumerate(gains.admissible.rows) if row.kind == "RETURN"]
    return sum(max(0.0, -float(gains.multipliers.rows[index])) for index in least)


_SAID = {
    Place.ZERO: "not held",
    Place.LOWER_BOUND: "held at its least weight",
    Place.UPPER_BOUND: "held at its greatest weight",
    Place.CURRENT_WEIGHT: "held as before: a trade costs more than it is worth",
}


class _Teller:
    """Says of assets what it would take to hold more of them."""

    def __init__(self, problem: Problem, gains: Gains) -> None:
        self._gains, self._worth = gains, _worth_of_return(problem, gains)
        self._counts_returns = problem.goal.objective in RETURNS and problem.goal.objective not in RATIOS

    def holding(self, index: int, place: Place) -> Holding:
        """One asset."""
        weight, upper = float(self._gains.weights[index]), float(self._gains.admissible.upper[index])
        if place is Place.FREE:
            return Holding(place, None, False, "free: a little more or less of it changes nothing to first order")
        if place is Place.UPPER_BOUND:
            return Holding(place, None, False, _SAID[place])
        if weight >= upper - NEAR:
            return Holding(place, None, False, f"{_SAID[place]}: its greatest weight allows no more")
        if self._worth <= 0:
            return Holding(place, None, False, f"{_SAID[place]}; the goal does not look at expected returns")
        needed = max(0.0, -float(self._gains.up[index])) / self._worth
        exact = self._counts_returns or abs(weight) <= NEAR
        told = f"{100 * needed:.3g} percent a year higher{'' if exact else ' (to first order)'}"
        return Holding(place, needed, exact, f"{_SAID[place]}; more of it would be if its expected return were {told}")
