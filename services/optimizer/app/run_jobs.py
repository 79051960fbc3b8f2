"""The worker side of jobs: claim one, solve it, tell its progress, end it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from services.optimizer.app.bells import QUEUE, Bell, Bells, of_cancel
from services.optimizer.app.errors import StoreUnavailable, WorkerLost
from services.optimizer.app.measured import measured
from services.optimizer.app.ports import Claim, JobQueue, Meter, Results, Solvers
from services.optimizer.app.remembered import remembered
from services.optimizer.domain.engine import Progress
from services.optimizer.domain.errors import SolverFailed
from services.optimizer.domain.job import MAX_ATTEMPTS
from services.optimizer.domain.result import Optimum

Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How many jobs run at once, and the seconds that rule their leases."""

    slots: int = 1
    lease: float = 15.0
    sweep: float = 5.0
    """Between two looks for leases that nobody renews, and before the store is tried again if it does not answer."""


class Newest:
    """Progress that has not been told; only the newest counts."""

    def __init__(self) -> None:
        self._bell = Bell()
        self._progress: Progress | None = None

    def put(self, progress: Progress) -> None:
        """Replace what has not been told."""
        self._progress = progress
        self._bell.ring()

    async def take(self) -> Progress:
        """Wait for progress."""
        while self._progress is None:
            await self._bell.wait()
        progress, self._progress = self._progress, None
        return progress


class RunJobs:
    """Solves jobs until it is cancelled; what it holds then goes back to the queue."""

    def __init__(
        self,
        *,
        queue: JobQueue,
        solvers: Solvers,
        results: Results,
        bells: Bells,
        meter: Meter,
        pace: Pace,
        pause: Pause,
    ) -> None:
        self._queue = queue
        self._solvers = solvers
        self._results = results
        self._bells = bells
        self._meter = meter
        self._pace = pace
        self._pause = pause

    async def __call__(self) -> None:
        """Run every slot, and sweep."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._pace.slots):
                group.create_task(self._slot())
            group.create_task(self._sweeping())

    async def _slot(self) -> None:
        """One job after the other; where there is none, wait to be rung."""
        with self._bells.hung(QUEUE) as bell:
            while True:
                try:
                    claim = await self._claimed()
                    if claim is None:
                        await bell.wait()
                    else:
                        await self._run(claim)
                except StoreUnavailable:
                    await self._pause(self._pace.sweep)

    async def _claimed(self) -> Claim | None:
        """A job; one that is claimed as the runner is stopped goes back."""
        claiming = asyncio.ensure_future(self._queue.claim(self._pace.lease))
        try:
            return await asyncio.shield(claiming)
        except asyncio.CancelledError:
            # If the store does not answer, the lease runs out.
            with contextlib.suppress(StoreUnavailable):
                claim = await claiming
                if claim is not None:
                    await self._queue.give_back(claim, spent=False)
            raise

    async def _sweeping(self) -> None:
        """Take back lost jobs from time to time; a replica that died cannot say so."""
        while True:
            # If the store does not answer, the next sweep is the next try.
            with contextlib.suppress(StoreUnavailable):
                await self._queue.sweep()
            await self._pause(self._pace.sweep)

    async def _run(self, claim: Claim) -> None:
        """Solve a job while its lease is kept and its progress told."""
        newest = Newest()
        seconds = claim.time_budget_ms / 1000
        solving = asyncio.ensure_future(
            measured(
                self._meter,
                claim.tier,
                claim.goal.objective,
                remembered(
                    self._results,
                    claim.whose,
                    claim.problem,
                    lambda: self._solvers.solve(claim.problem, seconds, newest.put),
                ),
            )
        )
        beside = [
            asyncio.ensure_future(self._keep(claim, solving)),
            asyncio.ensure_future(self._tell(claim, newest)),
        ]
        try:
            # Not awaited itself: a cancelled solve must be told from a cancelled runner.
            await asyncio.wait([solving])
        except asyncio.CancelledError:
            solving.cancel()
            await asyncio.wait([solving])
            # If the store does not answer, the lease runs out; the runner ends all the same.
            with contextlib.suppress(StoreUnavailable):
                await asyncio.shield(self._queue.give_back(claim, spent=False))
            raise
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
        # Whole, though the runner be stopped: what was found is not solved again.
        ending = asyncio.ensure_future(self._end(claim, solving))
        try:
            await asyncio.shield(ending)
        except asyncio.CancelledError:
            with contextlib.suppress(StoreUnavailable):
                await ending
            raise

    async def _end(self, claim: Claim, solving: asyncio.Future[Optimum]) -> None:
        """Write down how the solve ended. What was lost or failed for no reason of the problem's is tried once more."""
        if solving.cancelled():
            await self._queue.drop(claim)
            return
        error = solving.exception()
        if error is None:
            await self._queue.succeed(claim, solving.result())
        elif isinstance(error, WorkerLost) or (isinstance(error, SolverFailed) and claim.attempt < MAX_ATTEMPTS):
            await self._queue.give_back(claim, spent=True)
        elif isinstance(error, Exception):
            await self._queue.fail(claim, error)
        else:
            raise error

    async def _keep(self, claim: Claim, solving: asyncio.Future[Optimum]) -> None:
        """Renew the lease in time, and when it is rung; stop the solve if the job is lost or not wanted."""
        with self._bells.hung(of_cancel(claim.job_id)) as bell:
            while await self._renewed(claim):
                try:
                    async with asyncio.timeout(self._pace.lease / 3):
                        await bell.wait()
                except TimeoutError:
                    continue
        solving.cancel()

    async def _renewed(self, claim: Claim) -> bool:
        """Whether the job is still ours; while the store does not answer, it is taken to be."""
        try:
            return await self._queue.renew(claim, self._pace.lease)
        except StoreUnavailable:
            return True

    async def _tell(self, claim: Claim, newest: Newest) -> None:
        """Store the newest progress, as quickly as the store takes it."""
        while True:
            progress = await newest.take()
            try:
                await self._queue.tell(claim, progress)
            except StoreUnavailable:
                await self._pause(self._pace.sweep)
