"""Solve: one problem, at once, nothing kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
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
    QuickSolver,
    Resident,
    Results,
    Solvers,
    Universe,
    Universes,
    Whose,
)
from services.optimizer.app.remembered import remembered
from services.optimizer.app.second_try import retried
from services.optimizer.app.timing import SecondsLeft, budget
from services.optimizer.domain.classes import grouped
from services.optimizer.domain.constraints import Constraints
from services.optimizer.domain.costs import Costs
from services.optimizer.domain.goal import Goal
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Lots, Problem, StopRule
from services.optimizer.domain.records import to_bytes
from services.optimizer.domain.resident import absent
from services.optimizer.domain.result import Optimum
from services.optimizer.domain.sampling import Sampling
from services.optimizer.domain.validation import check_structure
from services.optimizer.domain.vectors import Vector


@dataclass(frozen=True, slots=True)
class SolveAsk:
    """A problem whose moments are there, were put before or must be estimated."""

    source: Moments | Universe | Resident
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
    sampling: Sampling | None = None
    lots: Lots | None = None


async def stated(
    ask: SolveAsk, source: Moments | Universe, estimator: MomentsSource, instruments: Instruments
) -> Problem:
    """The whole problem; moments and classes that did not come along are read now.

    Raises InvalidProblem, and the errors of the moments' source and of the instruments.
    """
    known = await known_classes(ask.goal, ask.constraints, source, instruments)
    wanted = ask.scenarios is None and needs_scenarios(ask.goal, ask.constraints, ask.draws)
    problem = grouped(problem_of(ask, await moments_of(source, estimator, with_scenarios=wanted)), known)
    check_structure(problem)
    return problem


def problem_of(ask: SolveAsk, moments: Moments) -> Problem:
    """The problem over given moments."""
    return Problem(
        moments if ask.scenarios is None else replace(moments, scenarios=ask.scenarios),
        ask.goal,
        ask.constraints,
        ask.current,
        stop=ask.stop,
        costs=ask.costs,
        seed=ask.seed,
        sampling=ask.sampling,
        lots=ask.lots,
        bootstrap_draws=ask.draws,
    )


class Solve:
    """Solves one problem within the call's deadline."""

    def __init__(
        self,
        *,
        moments: MomentsSource,
        instruments: Instruments,
        universes: Universes,
        solvers: Solvers,
        quick: QuickSolver,
        results: Results,
        meter: Meter,
    ) -> None:
        self._moments = moments
        self._instruments = instruments
        self._universes = universes
        self._solvers = solvers
        self._quick = quick
        self._results = results
        self._meter = meter

    async def __call__(self, caller: Caller, ask: SolveAsk, seconds_left: SecondsLeft) -> Optimum:
        """Find the optimum.

        Raises the errors of the engine, of the moments' source and of the instruments, UniverseNotFound.
        """
        if isinstance(ask.source, Resident):
            lent = await lent_to(caller, ask.source, self._universes)
            await known_classes(ask.goal, ask.constraints, ask.source, self._instruments)
            problem = problem_of(ask, absent(ask.scenarios))
            if _is_quick(ask, lent):
                solving = self._quickly(problem, lent, lambda: budget(ask.stop.time_budget_ms, seconds_left()))
                return await measured(self._meter, caller.tier, ask.goal.objective, solving)
            data, named = to_bytes(problem), lent.universe_id.encode()
        else:
            stating = await stated(ask, ask.source, self._moments, self._instruments)
            data, named, lent = await asyncio.to_thread(to_bytes, stating), b"", None

        def once() -> Awaitable[Optimum]:
            return self._solvers.solve(data, budget(ask.stop.time_budget_ms, seconds_left()), lent=lent)

        whose = Whose(caller.user_id, caller.tenant_id)
        solving = remembered(self._results, whose, data + named, lambda: retried(once))
        return await measured(self._meter, caller.tier, ask.goal.objective, solving)

    async def _quickly(self, problem: Problem, lent: Lent, seconds: Callable[[], float]) -> Optimum:
        """Solve at once if that is possible."""
        found = await self._quick.solve(problem, lent, seconds())
        if found is not None:
            return found
        data = to_bytes(problem)
        return await retried(lambda: self._solvers.solve(data, seconds(), lent=lent))


def _is_quick(ask: SolveAsk, lent: Lent) -> bool:
    """Whether to look for a kept result would take as long as to solve: over the factors of a resident universe."""
    return lent.factors > 0 and not needs_scenarios(ask.goal, ask.constraints, ask.draws)
