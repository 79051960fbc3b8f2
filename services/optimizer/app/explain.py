"""Explain: one problem, at once, and why its answer is what it is."""

from __future__ import annotations

import asyncio

from services.optimizer.app.lending import read_by
from services.optimizer.app.measured import measured
from services.optimizer.app.ports import Caller, Instruments, Meter, MomentsSource, Resident, Solvers, Universes
from services.optimizer.app.second_try import retried
from services.optimizer.app.solve import SolveAsk, stated
from services.optimizer.app.timing import SecondsLeft, budget
from services.optimizer.domain.explanation import Explained
from services.optimizer.domain.records import to_bytes


class Explain:
    """Solves one problem within the call's deadline and explains it; nothing is kept."""

    def __init__(
        self,
        *,
        moments: MomentsSource,
        instruments: Instruments,
        universes: Universes,
        solvers: Solvers,
        meter: Meter,
    ) -> None:
        self._moments = moments
        self._instruments = instruments
        self._universes = universes
        self._solvers = solvers
        self._meter = meter

    async def __call__(self, caller: Caller, ask: SolveAsk, seconds_left: SecondsLeft) -> Explained:
        """Find the optimum and why.

        Raises the errors of the engine, of the moments' source and of the instruments, UniverseNotFound.
        """
        source = ask.source
        if isinstance(source, Resident):
            source = await read_by(caller, source, self._universes)
        problem = await stated(ask, source, self._moments, self._instruments)
        data = await asyncio.to_thread(to_bytes, problem)
        solving = retried(lambda: self._solvers.explain(data, budget(ask.stop.time_budget_ms, seconds_left())))
        return await measured(self._meter, caller.tier, ask.goal.objective, solving)
