"""SolveFrontier: the efficient frontier of a universe."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from services.optimizer.app.classes import with_groups
from services.optimizer.app.inline import SecondsLeft, moments_of, needs_scenarios, retried
from services.optimizer.app.measured import measured
from services.optimizer.app.ports import Caller, Instruments, Meter, MomentsSource, Solvers, Universe
from services.optimizer.app.timing import budget
from services.optimizer.domain.constraints import Constraints
from services.optimizer.domain.goal import DEFAULT_CONFIDENCE, Goal, Objective
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.records import to_bytes
from services.optimizer.domain.result import Frontier
from services.optimizer.domain.validation import check_structure
from services.optimizer.domain.vectors import Vector

FRONTIER = "frontier"
# A frontier is many solves: it may take what the call's deadline leaves, at most ten minutes.
TIME_BUDGET_MS = 600_000


@dataclass(frozen=True, slots=True)
class FrontierAsk:
    """Which frontier, of how many points."""

    source: Moments | Universe
    constraints: Constraints = field(default_factory=Constraints)
    current: Mapping[str, float] = field(default_factory=dict)
    points: int = 50
    risk_free_rate: float = 0.0
    objective: Objective = Objective.RISK
    """The risk that is minimized, as the objective that minimizes it."""
    cvar_confidence: float = DEFAULT_CONFIDENCE
    scenarios: Vector | None = None
    """S × N; None: those of the moments."""


async def frontier_problem(ask: FrontierAsk, estimator: MomentsSource, instruments: Instruments) -> Problem:
    """The whole problem. Raises InvalidProblem and the errors of the moments' source and of the instruments."""
    goal = Goal(ask.objective, risk_free_rate=ask.risk_free_rate, cvar_confidence=ask.cvar_confidence)
    wanted = ask.scenarios is None and needs_scenarios(goal, ask.constraints)
    moments = await moments_of(ask.source, estimator, with_scenarios=wanted)
    if ask.scenarios is not None:
        moments = replace(moments, scenarios=ask.scenarios)
    constraints = await with_groups(ask.constraints, goal, moments, ask.source, instruments)
    problem = Problem(moments, goal, constraints, ask.current)
    check_structure(problem)
    return problem


class SolveFrontier:
    """Solves a frontier within the call's deadline."""

    def __init__(self, moments: MomentsSource, instruments: Instruments, solvers: Solvers, meter: Meter) -> None:
        self._moments = moments
        self._instruments = instruments
        self._solvers = solvers
        self._meter = meter

    async def __call__(self, caller: Caller, ask: FrontierAsk, seconds_left: SecondsLeft) -> Frontier:
        """Find the frontier. Raises the errors of the engine, of the moments' source and of the instruments."""
        problem = await frontier_problem(ask, self._moments, self._instruments)
        data = await asyncio.to_thread(to_bytes, problem)
        solving = retried(
            lambda: self._solvers.frontier(data, ask.points, budget(TIME_BUDGET_MS, seconds_left())),
        )
        return await measured(self._meter, caller.tier, FRONTIER, solving)
