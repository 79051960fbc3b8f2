"""PutUniverse: moments sent or estimated once, and named from then on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from services.optimizer.app.inline import moments_of
from services.optimizer.app.ports import (
    Caller,
    KeptUniverse,
    MomentsSource,
    NewUniverse,
    Resident,
    Solvers,
    Universe,
    Universes,
)
from services.optimizer.app.second_try import retried
from services.optimizer.app.timing import SecondsLeft, budget
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import DEFAULT_TIME_BUDGET_MS, Problem
from services.optimizer.domain.records import to_bytes
from services.optimizer.domain.resident import factors_of, universe_id
from services.optimizer.domain.validation import check_structure


@dataclass(frozen=True, slots=True)
class PutAsk:
    """What is kept, and for how long."""

    source: Moments | Universe | Resident
    seconds: int = 86_400


class PutUniverse:
    """Keeps a universe, once it is known to be one."""

    def __init__(self, moments: MomentsSource, solvers: Solvers, universes: Universes) -> None:
        self._moments = moments
        self._solvers = solvers
        self._universes = universes

    async def __call__(self, caller: Caller, ask: PutAsk, seconds_left: SecondsLeft) -> KeptUniverse:
        """Keep it.

        Raises InvalidProblem, UniverseNotFound, TooManyUniverses and the errors of the moments' source.
        """
        if isinstance(ask.source, Resident):
            return await self._universes.extend(caller, ask.source.universe_id, ask.seconds)
        moments = await moments_of(ask.source, self._moments, with_scenarios=False)
        # Anything is solvable for least risk: what is refused are moments that are none.
        problem = Problem(moments, Goal(Objective.RISK))
        check_structure(problem)
        data, whole = await asyncio.to_thread(lambda: (to_bytes(moments), to_bytes(problem)))
        await retried(lambda: self._solvers.check(whole, budget(DEFAULT_TIME_BUDGET_MS, seconds_left())))
        universe = NewUniverse(universe_id(data), len(moments.symbols), factors_of(moments), data)
        return await self._universes.keep(caller, universe, ask.seconds)
