"""Solve: one problem, at once, nothing kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from services.optimizer.app.inline import moments_of, needs_scenarios
from services.optimizer.app.measured import measured
from services.optimizer.app.ports import Caller, Meter, MomentsSource, Results, Solvers, Universe, Whose
from services.optimizer.app.remembered import remembered
from services.optimizer.app.second_try import retried
from services.optimizer.app.timing import SecondsLeft, budget
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
    draws: int = 0
    """Resamples that the intervals come from."""
    seed: int = 0


async def stated(ask: SolveAsk, estimator: MomentsSource) -> Problem:
    """The whole problem; moments that did not come along are read now. Raises InvalidProblem, the source's errors."""
    wanted = ask.scenarios is None and needs_scenarios(ask.goal, ask.constraints, ask.draws)
    moments = await moments_of(ask.source, estimator, with_scenarios=wanted)
    if ask.scenarios is not None:
        moments = replace(moments, scenarios=ask.scenarios)
    problem = Problem(
        moments,
        ask.goal,
        ask.constraints,
        ask.current,
        stop=ask.stop,
        costs=ask.costs,
        seed=ask.seed,
        bootstrap_draws=ask.draws,
    )
    check_structure(problem)
    return problem


class Solve:
    """Solves one problem within the call's deadline."""

    def __init__(self, moments: MomentsSource, solvers: Solvers, results: Results, meter: Meter) -> None:
        self._moments = moments
        self._solvers = solvers
        self._results = results
        self._meter = meter

    async def __call__(self, caller: Caller, ask: SolveAsk, seconds_left: SecondsLeft) -> Optimum:
        """Find the optimum. Raises the errors of the engine and of the moments' source."""
        data = await asyncio.to_thread(to_bytes, await stated(ask, self._moments))
        solving = remembered(
            self._results,
            Whose(caller.user_id, caller.tenant_id),
            data,
            lambda: retried(lambda: self._solvers.solve(data, budget(ask.stop.time_budget_ms, seconds_left()))),
        )
        return await measured(self._meter, caller.tier, ask.goal.objective, solving)
