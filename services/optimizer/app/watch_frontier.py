"""WatchFrontier: the efficient frontier, point by point as it is solved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from services.optimizer.app.inline import moments_of
from services.optimizer.app.lending import read_by
from services.optimizer.app.measured import measured
from services.optimizer.app.ports import Caller, Instruments, Meter, MomentsSource, Resident, Solvers, Universes
from services.optimizer.app.second_try import retried
from services.optimizer.app.solve_frontier import (
    FRONTIER,
    TIME_BUDGET_MS,
    FrontierAsk,
    classes_of,
    frontier_problem,
    wants_scenarios,
)
from services.optimizer.app.timing import SecondsLeft, budget
from services.optimizer.domain.classes import grouped
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.records import to_bytes
from services.optimizer.domain.result import FrontierPoint
from services.optimizer.domain.validation import check_structure


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A point, which one of how many, and the universe that it is of."""

    index: int
    total: int
    point: FrontierPoint
    moments: Moments


class WatchFrontier:
    """Tells the points of a frontier within the call's deadline."""

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

    async def __call__(self, caller: Caller, ask: FrontierAsk, seconds_left: SecondsLeft) -> AsyncIterator[Seen]:
        """Each point once, in order. Raises as SolveFrontier, also after some points."""
        known = await classes_of(ask, self._instruments)
        problem = grouped(frontier_problem(ask, await self._found(caller, ask)), known)
        check_structure(problem)
        data = await asyncio.to_thread(to_bytes, problem)
        heard = _Heard(ask.points)
        solving = asyncio.ensure_future(
            measured(self._meter, caller.tier, FRONTIER, retried(lambda: self._solve(data, ask, seconds_left, heard)))
        )
        solving.add_done_callback(lambda _: heard.end())
        try:
            for index in range(ask.points):
                point = await heard.next()
                if point is None:
                    break
                yield Seen(index, ask.points, point, problem.moments)
            await solving
        finally:
            solving.cancel()
            await asyncio.gather(solving, return_exceptions=True)

    async def _found(self, caller: Caller, ask: FrontierAsk) -> Moments:
        """The moments, also of a universe: the first point tells of its assets."""
        if isinstance(ask.source, Resident):
            return await read_by(caller, ask.source, self._universes)
        return await moments_of(ask.source, self._moments, with_scenarios=wants_scenarios(ask))

    async def _solve(self, data: bytes, ask: FrontierAsk, seconds_left: SecondsLeft, heard: _Heard) -> None:
        seconds = budget(TIME_BUDGET_MS, seconds_left())
        await self._solvers.frontier(data, ask.points, seconds, tell=heard.begin())


class _Heard:
    """The points so far. After a lost worker another begins again: what was heard before is skipped."""

    def __init__(self, points: int) -> None:
        self._queue: asyncio.Queue[FrontierPoint | None] = asyncio.Queue(points + 1)
        self._heard = 0

    def begin(self) -> _Ear:
        """Listen to one run."""
        return _Ear(self)

    def take(self, index: int, point: FrontierPoint) -> None:
        """Keep a point that is new."""
        if index == self._heard:
            self._heard += 1
            self._queue.put_nowait(point)

    def end(self) -> None:
        """There will be no more."""
        self._queue.put_nowait(None)

    async def next(self) -> FrontierPoint | None:
        """The next point; None if there is none any more."""
        return await self._queue.get()


class _Ear:
    """Counts the points of one run."""

    def __init__(self, heard: _Heard) -> None:
        self._to, self._index = heard, 0

    def __call__(self, point: FrontierPoint) -> None:
        """A point was found."""
        self._to.take(self._index, point)
        self._index += 1
