"""ReplayRun: a job's problem once more, and whether its answer is the same to the byte."""

from __future__ import annotations

import asyncio

from services.optimizer.app.get_optimization_result import GetOptimizationResult
from services.optimizer.app.measured import measured
from services.optimizer.app.ports import Caller, JobBook, Meter, Solvers
from services.optimizer.app.second_try import retried
from services.optimizer.app.timing import SecondsLeft, budget
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.records import from_bytes
from services.optimizer.domain.replay import Replay, compared


class ReplayRun:
    """Solves what a job solved, as it was stored then, past every cache; nothing is kept."""

    def __init__(self, book: JobBook, solvers: Solvers, meter: Meter) -> None:
        self._book = book
        self._result = GetOptimizationResult(book)
        self._solvers = solvers
        self._meter = meter

    async def __call__(self, caller: Caller, job_id: str, seconds_left: SecondsLeft) -> Replay:
        """Solve it again and compare.

        Raises JobNotFound, NotFinished, JobCancelled, the job's own error, or the errors of the engine.
        """
        original = await self._result(caller, job_id)
        problem = await self._book.problem(caller, job_id)
        # In a thread: a problem with a dense covariance of 1,400 assets has 16 MB.
        stop = (await asyncio.to_thread(from_bytes, Problem, problem)).stop
        solving = retried(lambda: self._solvers.solve(problem, budget(stop.time_budget_ms, seconds_left())))
        again = await measured(self._meter, caller.tier, original.goal.objective, solving)
        return await asyncio.to_thread(compared, original, again)
