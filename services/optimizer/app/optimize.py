"""Optimize: a portfolio's problem, or one that comes inline, as a job."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from services.optimizer.app.await_job import AwaitJob
from services.optimizer.app.classes import known_classes
from services.optimizer.app.inline import needs_scenarios
from services.optimizer.app.ports import (
    Caller,
    Ids,
    Instruments,
    JobBook,
    MomentsSource,
    NewJob,
    Portfolios,
    Repeatable,
    Solvers,
    StoredPortfolio,
    Universe,
)
from services.optimizer.app.second_try import retried
from services.optimizer.app.timing import SecondsLeft, budget
from services.optimizer.domain.classes import grouped
from services.optimizer.domain.constraints import Constraints
from services.optimizer.domain.costs import Costs
from services.optimizer.domain.errors import (
    Infeasible,
    InvalidProblem,
    NoExcessReturn,
    Unbounded,
    Violation,
)
from services.optimizer.domain.goal import Goal
from services.optimizer.domain.job import Job, JobState
from services.optimizer.domain.moments import Estimation
from services.optimizer.domain.problem import Lots, Problem, StopRule
from services.optimizer.domain.records import to_bytes
from services.optimizer.domain.result import Optimum
from services.optimizer.domain.sampling import Sampling
from services.optimizer.domain.validation import check_structure


@dataclass(frozen=True, slots=True)
class OptimizeAsk:
    """What to optimize; None or empty where the portfolio is to say it."""

    portfolio_id: str = ""
    goal: Goal | None = None
    constraints: Constraints | None = None
    universe: tuple[str, ...] = ()
    dataset: str = ""
    estimation: Estimation | None = None
    current: Mapping[str, float] | None = None
    stop: StopRule = field(default_factory=StopRule)
    wait_seconds: float = 0.0
    request: Repeatable | None = None
    validate_only: bool = False
    costs: Costs | None = None
    draws: int = 0
    """Resamples that the intervals come from."""
    seed: int = 0
    sampling: Sampling | None = None
    lots: Lots | None = None


class Optimize:
    """Reads what the problem needs, stores it as a job, and waits for it as long as it is asked to."""

    def __init__(
        self,
        *,
        book: JobBook,
        portfolios: Portfolios,
        moments: MomentsSource,
        instruments: Instruments,
        solvers: Solvers,
        ids: Ids,
        waiting: AwaitJob,
        max_unfinished: int,
    ) -> None:
        self._book = book
        self._portfolios = portfolios
        self._moments = moments
        self._instruments = instruments
        self._solvers = solvers
        self._ids = ids
        self._waiting = waiting
        self._max_unfinished = max_unfinished

    async def __call__(self, caller: Caller, ask: OptimizeAsk, seconds_left: SecondsLeft) -> tuple[Job, Optimum | None]:
        """The job, with its result if it succeeded in time.

        Raises InvalidProblem, RequestIdReused, TooManyJobs and the errors of portfolios, moments and instruments.
        """
        job_id = await self._book.repeated(caller, ask.request) if ask.request else None
        if job_id is None:
            problem = await self._problem(ask)
            check_structure(problem)
            data = await asyncio.to_thread(to_bytes, problem)
            if ask.validate_only:
                return await self._checked(ask, problem, data, seconds_left), None
            job_id = await self._book.submit(caller, self._job(ask, problem, data), ask.request, self._max_unfinished)
        return await self._waiting(caller, job_id, budget(round(1000 * ask.wait_seconds), seconds_left()))

    async def _problem(self, ask: OptimizeAsk) -> Problem:
        """The whole problem: what the ask leaves open is the portfolio's, and moments and classes are read now."""
        stored = await self._portfolios.read(ask.portfolio_id) if ask.portfolio_id else StoredPortfolio()
        universe = _universe(ask, stored)
        goal = ask.goal or stored.goal or Goal()
        constraints = ask.constraints or stored.constraints or Constraints()
        wanted = needs_scenarios(goal, constraints, ask.draws)
        known = await known_classes(goal, constraints, universe, self._instruments)
        moments = await self._moments.estimate(universe, with_scenarios=wanted)
        problem = grouped(
            Problem(
                moments,
                goal,
                constraints,
                stop=ask.stop,
                costs=ask.costs or stored.costs or Costs(),
                seed=ask.seed,
                sampling=ask.sampling,
                lots=ask.lots,
                bootstrap_draws=ask.draws,
            ),
            known,
        )
        if ask.current is not None:
            return replace(problem, current=ask.current)
        within = frozenset(moments.symbols)
        kept = {symbol: weight for symbol, weight in stored.weights.items() if symbol in within}
        gone = sum(abs(weight) for symbol, weight in stored.weights.items() if symbol not in kept)
        return replace(problem, current=kept, leaving=gone)

    def _job(self, ask: OptimizeAsk, problem: Problem, data: bytes) -> NewJob:
        return NewJob(
            id=self._ids.new(),
            goal=problem.goal,
            assets=problem.assets,
            portfolio_id=ask.portfolio_id,
            time_budget_ms=ask.stop.time_budget_ms,
            problem=data,
        )

    async def _checked(self, ask: OptimizeAsk, problem: Problem, data: bytes, seconds_left: SecondsLeft) -> Job:
        """The job as it would be, without an id; failed already if there is nothing to solve."""
        job = Job("", JobState.QUEUED, problem.goal, problem.assets, portfolio_id=ask.portfolio_id)
        try:
            await retried(lambda: self._solvers.check(data, budget(ask.stop.time_budget_ms, seconds_left())))
        except (Infeasible, NoExcessReturn, Unbounded) as error:
            return replace(job, state=JobState.FAILED, error=error)
        return job


def _universe(ask: OptimizeAsk, stored: StoredPortfolio) -> Universe:
    """Which assets of which dataset. Raises InvalidProblem if neither the ask nor the portfolio says it."""
    symbols, dataset = ask.universe or stored.universe, ask.dataset or stored.dataset
    whose = "the portfolio has none" if ask.portfolio_id else "without portfolio_id it is needed"
    missing = [field for field, value in (("universe", symbols), ("dataset", dataset)) if not value]
    if missing:
        raise InvalidProblem([Violation(field, f"{whose}: set it") for field in missing])
    return Universe(dataset, symbols, ask.estimation or stored.estimation or Estimation())
