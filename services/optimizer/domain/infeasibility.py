"""Why a problem has no admissible weights: which limits contradict each other, and the cheapest way out.

The limits with a multiplier in the least relaxation are a Farkas certificate: already together they admit nothing. A
deletion filter makes them minimal: one after the other is left out, and stays out if the rest is still impossible
(Chinneck, J. and Dravnieks, E. (1991), "Locating minimal infeasible constraint sets in linear programs", ORSA Journal
on Computing 3(2), 157–168). If nothing else is wrong, any one of them can mend the problem by itself; each is asked by
how far. Otherwise the limits of the least relaxation must give together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from services.optimizer.domain.admissible import AdmissibleSet
from services.optimizer.domain.elastic import NOTHING, Given, elastic
from services.optimizer.domain.errors import Conflict, Infeasible
from services.optimizer.domain.limits import Limit
from services.optimizer.domain.problem import Problem

MOST_ALTERNATIVES = 32
# Of limits that are left out in turn; a set of more is told as it is found.
MOST_LEFT_OUT = 200
SecondsLeft = Callable[[], float]


class Relaxed(Protocol):
    """Limits that may give; see `Elastic`."""

    @property
    def limits(self) -> tuple[Limit, ...]:
        """Each by its name."""
        ...

    def least(self, kept: list[int], giving: list[int], seconds: float) -> Given | None:
        """The least relaxation; None if it is not enough."""
        ...


def explain(problem: Problem, admissible: AdmissibleSet, seconds_left: SecondsLeft) -> Infeasible:
    """Name the limits in conflict and how far each would have to give. Raises OutOfTime or SolverFailed."""
    return explained(elastic(problem, admissible), seconds_left)


def explained(relaxed: Relaxed, seconds_left: SecondsLeft, nothing: float = NOTHING) -> Infeasible:
    """The same of any limits that may give; `nothing` is what the method cannot tell from 0."""
    every = list(range(len(relaxed.limits)))
    cheapest = _asked(relaxed, every, seconds_left)
    relaxation = [relaxed.limits[index].conflict(give) for index, give in _given(cheapest, nothing)]
    contradiction = _minimal(relaxed, _support(cheapest, every, nothing), seconds_left, nothing)
    alternatives = _alternatives(relaxed, contradiction, every, seconds_left)
    told = [relaxed.limits[index].named for index in contradiction]
    if alternatives:
        return Infeasible(alternatives, together=False, contradiction=told, relaxation=relaxation)
    return Infeasible(relaxation, together=True, contradiction=told, relaxation=relaxation)


def _asked(relaxed: Relaxed, members: list[int], seconds_left: SecondsLeft) -> Given:
    """How far some limits must give if the others are not there."""
    if not members:
        return Given(np.zeros(len(relaxed.limits)), np.zeros(len(relaxed.limits)))
    found = relaxed.least(members, members, seconds_left())
    if found is None:
        raise ValueError("limits that all may give have no relaxation")
    return found


def _given(found: Given, nothing: float) -> list[tuple[int, float]]:
    return [(index, float(give)) for index, give in enumerate(found.gives) if give > nothing]


def _support(found: Given, members: list[int], nothing: float) -> list[int]:
    """The members with a multiplier, largest first."""
    ordered = sorted(members, key=lambda index: -found.multipliers[index])
    return [index for index in ordered if found.multipliers[index] > nothing]


def _minimal(relaxed: Relaxed, members: list[int], seconds_left: SecondsLeft, nothing: float) -> list[int]:
    """The members without which the others are possible, largest multiplier first."""
    needed: list[int] = []
    candidates = list(members)
    for _ in range(MOST_LEFT_OUT):
        if not candidates:
            break
        left_out = candidates.pop()
        rest = [*needed, *candidates]
        found = _asked(relaxed, rest, seconds_left)
        if found.total <= nothing:
            needed.append(left_out)
        else:
            supporting = set(_support(found, rest, nothing))
            candidates = [index for index in candidates if index in supporting]
    kept = {*needed, *candidates}
    return [index for index in members if index in kept]


def _alternatives(
    relaxed: Relaxed, contradiction: list[int], every: list[int], seconds_left: SecondsLeft
) -> list[Conflict]:
    """The limits that would mend the whole problem alone: no other contradiction is without them."""
    found = []
    for index in contradiction[:MOST_ALTERNATIVES]:
        alone = relaxed.least(every, [index], seconds_left())
        if alone is not None:
            found.append(relaxed.limits[index].conflict(float(alone.gives[index])))
    return found
