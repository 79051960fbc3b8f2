"""Solve: one problem, at once, nothing kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from services.optimizer.app.classes import with_groups
from services.optimizer.app.inline import SecondsLeft, moments_of, needs_scenarios, retried
from services.optimizer.app.measured import measured
from services.optimizer.app.ports import Caller, Instruments, Meter, MomentsSource, Results, Solvers, Universe, Whose
from services.optimizer.app.remembered import remembered
from services.optimizer.app.timing import budget
from services.optimizer.domain.constraints import Constraints
from services.optimizer.domain.costs import Costs
from services.optimizer.domain.goal import Goal
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem, StopRule
from services.optimizer.domain.records import to_bytes
from services.optimizer.domain.result import Optimum
from services.optimizer.domain.validation import check_structure
from services.optimizer.domain.vectors import Vector


@dataclass(frozen=True, slots=True)
class SolveAsk:
    """A problem whose moments are there or must be estimated."""

    source: Moments | Universe
    goal: Goal = field(default_factory=Goal)
    constraints: Constraints = field(default_factory=Constraints)
    current: Mapping[str, float] = field(default_factory=dict)
    stop: StopRule = field(default_factory=StopRule)
    costs: Costs = field(default_factory=Costs)
    scenarios: Vector | None = None
    """S × N; None: those of the moments."""


class Solve:
    """Solves one problem within the call's deadline."""

    def __init__(
        self, moments: MomentsSource, instruments: Instruments, solvers: Solvers, results: Results, meter: Meter
    ) -> None:
        self._moments = moments
        self._instruments = instruments
        self._solvers = solvers
        self._results = results
        self._meter = meter

    async def __call__(self, caller: Caller, ask: SolveAsk, seconds_left: SecondsLeft) -> Optimum:
        """Find the optimum. Raises the errors of the engine, of the moments' source and of the instruments."""
        wanted = ask.scenarios is None and needs_scenarios(ask.goal, ask.constraints)
        moments = await moments_of(ask.source, self._moments, with_scenarios=wanted)
        if ask.scenarios is not None:
            moments = replace(moments, scenarios=ask.scenarios)
        constraints = await with_groups(ask.constraints, ask.goal, moments, ask.source, self._instruments)
        problem = Problem(moments, ask.goal, constraints, ask.current, stop=ask.stop, costs=ask.costs)
        check_structure(problem)
        data = await asyncio.to_thread(to_bytes, problem)
        solving = remembered(
            self._results,
            Whose(caller.user_id, caller.tenant_id),
            data,
            lambda: retried(lambda: self._solvers.solve(data, budget(ask.stop.time_budget_ms, seconds_left()))),
        )
        return await measured(self._meter, caller.tier, ask.goal.objective, solving)
