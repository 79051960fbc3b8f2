"""SolveFrontier: the efficient frontier of a universe."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from services.optimizer.app.classes import known_classes
from services.optimizer.app.inline import moments_of, needs_scenarios
from services.optimizer.app.lending import lent_to
from services.optimizer.app.measured import measured
from services.optimizer.app.ports import (
    Caller,
    Instruments,
    Lent,
    Meter,
    MomentsSource,
    Resident,
    Solvers,
    Universe,
    Universes,
)
from services.optimizer.app.second_try import retried
from services.optimizer.app.timing import SecondsLeft, budget
from services.optimizer.domain.classes import Classes, grouped
from services.optimizer.domain.constraints import Constraints
from services.optimizer.domain.goal import DEFAULT_CONFIDENCE, Goal, Objective
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.records import to_bytes
from services.optimizer.domain.resident import absent
from services.optimizer.domain.result import Frontier
from services.optimizer.domain.validation import check_structure
from services.optimizer.domain.vectors import Vector

FRONTIER = "frontier"
# A frontier is many solves: it may take what the call's deadline leaves, at most ten minutes.
TIME_BUDGET_MS = 600_000


@dataclass(frozen=True, slots=True)
class FrontierAsk:
    """Which frontier, of how many points."""

    source: Moments | Universe | Resident
    constraints: Constraints = field(default_factory=Constraints)
    current: Mapping[str, float] = field(default_factory=dict)
    points: int = 50
    risk_free_rate: float = 0.0
    objective: Objective = Objective.RISK
    """The risk that is minimized, as the objective that minimizes it."""
    cvar_confidence: float = DEFAULT_CONFIDENCE
    scenarios: Vector | None = None
    """S × N; None: those of the moments."""


def frontier_problem(ask: FrontierAsk, moments: Moments) -> Problem:
    """The problem over given moments."""
    if ask.scenarios is not None:
        moments = replace(moments, scenarios=ask.scenarios)
    return Problem(moments, _goal(ask), ask.constraints, ask.current)


def wants_scenarios(ask: FrontierAsk) -> bool:
    """Whether the moments must come with returns."""
    return ask.scenarios is None and needs_scenarios(_goal(ask), ask.constraints)


async def classes_of(ask: FrontierAsk, instruments: Instruments) -> Classes:
    """The classes that the constraints do not bring along. Raises InvalidProblem and the errors of the instruments."""
    return await known_classes(_goal(ask), ask.constraints, ask.source, instruments)


def _goal(ask: FrontierAsk) -> Goal:
    return Goal(ask.objective, risk_free_rate=ask.risk_free_rate, cvar_confidence=ask.cvar_confidence)


class SolveFrontier:
    """Solves a frontier within the call's deadline."""

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

    async def __call__(self, caller: Caller, ask: FrontierAsk, seconds_left: SecondsLeft) -> Frontier:
        """Find the frontier.

        Raises the errors of the engine, of the moments' source and of the instruments, UniverseNotFound.
        """
        data, lent = await self._stated(caller, ask)
        solving = retried(
            lambda: self._solvers.frontier(data, ask.points, budget(TIME_BUDGET_MS, seconds_left()), lent=lent),
        )
        return await measured(self._meter, caller.tier, FRONTIER, solving)

    async def _stated(self, caller: Caller, ask: FrontierAsk) -> tuple[bytes, Lent | None]:
        """The problem, whole or beside a universe; what is beside one is checked where the universe is."""
        known = await classes_of(ask, self._instruments)
        if isinstance(ask.source, Resident):
            lent = await lent_to(caller, ask.source, self._universes)
            return to_bytes(frontier_problem(ask, absent())), lent
        moments = await moments_of(ask.source, self._moments, with_scenarios=wants_scenarios(ask))
        problem = grouped(frontier_problem(ask, moments), known)
        check_structure(problem)
        return await asyncio.to_thread(to_bytes, problem), None
