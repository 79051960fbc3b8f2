"""The runner of jobs over fakes: what it does when the store, the solver or the job's owner misbehaves."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from services.optimizer.app.bells import QUEUE, Bells, of_cancel
from services.optimizer.app.errors import StoreUnavailable, WorkerLost
from services.optimizer.app.ports import Claim
from services.optimizer.app.remembered import Forgetful
from services.optimizer.app.run_jobs import Newest, Pace, RunJobs
from services.optimizer.domain.engine import Progress
from services.optimizer.domain.errors import Infeasible, SolverFailed
from services.optimizer.domain.goal import Goal

FOUND = SimpleNamespace(solved=SimpleNamespace(clock_stopped=False))
CLAIM = Claim("job", 1, 1, "free", Goal(), 10_000, b"problem")
LAST = Claim("job", 2, 2, "free", Goal(), 10_000, b"problem")


class Queue:
    """Remembers what it is told; `claims` are handed out in order, an exception among them is raised."""

    def __init__(self, *claims):
        self.claims, self.told, self.ours = list(claims), [], True
        self.ended, self.noted, self.renewals = asyncio.Event(), asyncio.Event(), asyncio.Semaphore(0)

    async def claim(self, lease):
        if not self.claims:
            return None
        first = self.claims.pop(0)
        if isinstance(first, Exception):
            raise first
        return first

    async def renew(self, claim, lease):
        self.told.append("renew")
        self.renewals.release()
        return self.ours

    async def tell(self, claim, progress):
        self.told.append(progress)
        self.noted.set()

    async def succeed(self, claim, found):
        return self._end("succeed", found)

    async def fail(self, claim, error):
        return self._end("fail", type(error).__name__)

    async def drop(self, claim):
        return self._end("drop")

    async def give_back(self, claim, *, spent):
        self._end("give back", spent)

    async def sweep(self):
        raise StoreUnavailable

    def _end(self, *how):
        self.told.append(how)
        self.ended.set()
        return True


class Solvers:
    """Answers with `outcome`; an exception is raised, an event waited for."""

    def __init__(self, outcome):
        self.outcome, self.cancelled, self.began = outcome, False, asyncio.Event()

    async def solve(self, problem, seconds, report=None):
        self.began.set()
        report(Progress(1, 1.0, 2.0, 1.0, 0.5))
        await asyncio.sleep(0)
        if isinstance(self.outcome, asyncio.Event):
            try:
                await self.outcome.wait()
            except asyncio.CancelledError:
                self.cancelled = True
                raise
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


class Meter:
    def __init__(self):
        self.results = []

    def ended(self, tier, kind, result, seconds):
        self.results.append((tier, kind, result))

    def answered(self, engine, given_up):
        self.results.append((engine, *given_up))


@asynccontextmanager
async def running(queue, solvers, bells=None, lease=10.0, results=None):
    """The runner at work on a queue; a pause is as short as can be."""
    meter = Meter()

    async def pause(seconds):
        await asyncio.sleep(0.001)

    jobs = RunJobs(
        queue=queue,
        solvers=solvers,
        results=results or Forgetful(),
        bells=bells or Bells(),
        meter=meter,
        pace=Pace(1, lease, 5.0),
        pause=pause,
    )
    task = asyncio.ensure_future(jobs())
    try:
        yield meter
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def ended(queue):
    async with asyncio.timeout(5):
        await queue.ended.wait()
    return queue.told[-1]


@pytest.mark.parametrize(
    ("claim", "outcome", "end", "result"),
    [
        (CLAIM, FOUND, ("succeed", FOUND), "success"),
        (CLAIM, Infeasible([], together=False), ("fail", "Infeasible"), "infeasible"),
        (CLAIM, WorkerLost("clarabel"), ("give back", True), "failed"),
        (CLAIM, SolverFailed("clarabel", "stuck"), ("give back", True), "failed"),
        (LAST, SolverFailed("clarabel", "stuck"), ("fail", "SolverFailed"), "failed"),
        (CLAIM, RuntimeError("a defect"), ("fail", "RuntimeError"), "failed"),
    ],
)
async def test_every_end_of_a_solve_is_written_down_and_counted(claim, outcome, end, result):
    queue = Queue(claim)
    async with running(queue, Solvers(outcome)) as meter:
        assert await ended(queue) == end
    assert meter.results == [("free", "sharpe", result)]


async def test_progress_is_told_while_the_job_runs():
    queue, solvers = Queue(CLAIM), Solvers(asyncio.Event())
    async with running(queue, solvers):
        await solvers.began.wait()
        async with asyncio.timeout(5):
            await queue.noted.wait()
        solvers.outcome.set()
        await ended(queue)


async def test_a_job_that_is_rung_off_is_dropped():
    queue, solvers, bells = Queue(CLAIM), Solvers(asyncio.Event()), Bells()
    async with running(queue, solvers, bells):
        await solvers.began.wait()
        queue.ours = False
        bells.ring(of_cancel("job"))
        assert await ended(queue) == ("drop",)
    assert solvers.cancelled


async def test_a_lease_is_renewed_in_time():
    queue, solvers = Queue(CLAIM), Solvers(asyncio.Event())
    async with running(queue, solvers, lease=0.03):
        async with asyncio.timeout(5):
            for _ in range(3):
                await queue.renewals.acquire()
        solvers.outcome.set()
        await ended(queue)


async def test_a_runner_that_is_stopped_gives_its_job_back_unspent():
    queue, solvers = Queue(CLAIM), Solvers(asyncio.Event())
    async with running(queue, solvers):
        await solvers.began.wait()
    assert solvers.cancelled
    assert queue.told[-1] == ("give back", False)


async def test_a_store_that_does_not_answer_is_tried_again():
    queue = Queue(StoreUnavailable(), StoreUnavailable(), CLAIM)
    async with running(queue, Solvers(FOUND)):
        assert await ended(queue) == ("succeed", FOUND)


async def test_where_there_is_no_job_a_ring_is_waited_for():
    queue, bells = Queue(), Bells()
    async with running(queue, Solvers(FOUND), bells):
        await asyncio.sleep(0.02)
        queue.claims.append(CLAIM)
        bells.ring(QUEUE)
        assert await ended(queue) == ("succeed", FOUND)


async def test_only_the_newest_progress_is_taken():
    newest = Newest()
    for iteration in range(3):
        newest.put(Progress(iteration, 0, 0, 0, 0))
    assert (await newest.take()).iteration == 2
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await newest.take()


class Kept:
    """The port Results with one result in it."""

    def __init__(self, found=None):
        self.found, self.asked = found, []

    async def find(self, whose, problem):
        self.asked.append((whose, problem))
        return self.found

    async def keep(self, whose, problem, found):
        self.found = found


async def test_a_job_whose_problem_was_solved_before_ends_without_the_solver():
    queue, solvers, kept = Queue(CLAIM), Solvers(RuntimeError("never asked")), Kept(FOUND)
    async with running(queue, solvers, results=kept) as meter:
        assert await ended(queue) == ("succeed", FOUND)
    assert not solvers.began.is_set()
    assert kept.asked == [(CLAIM.whose, b"problem")]
    assert meter.results == [("free", "sharpe", "success")]


async def test_what_a_job_found_is_kept():
    kept = Kept()
    queue = Queue(CLAIM)
    async with running(queue, Solvers(FOUND), results=kept):
        await ended(queue)
    assert kept.found is FOUND


async def test_a_runner_that_is_stopped_ends_though_the_store_does_not_take_its_job_back():
    class Away(Queue):
        async def give_back(self, claim, *, spent):
            raise StoreUnavailable

    solvers = Solvers(asyncio.Event())
    async with asyncio.timeout(5):
        async with running(Away(CLAIM), solvers):
            await solvers.began.wait()
    assert solvers.cancelled


class Slow(Queue):
    """Does what it is asked to `what` at once, and answers when it is let."""

    def __init__(self, what, *claims):
        super().__init__(*claims)
        self.what, self.asked, self.answer = what, asyncio.Event(), asyncio.Event()

    async def claim(self, lease):
        return await self._slowly("claim", await super().claim(lease))

    async def succeed(self, claim, found):
        return await self._slowly("succeed", await super().succeed(claim, found))

    async def _slowly(self, what, answer):
        if what == self.what:
            self.asked.set()
            try:
                await self.answer.wait()
            except asyncio.CancelledError:
                self.told.append(("left half done", what))
                raise
        return answer


async def stopped_while_asked(queue):
    """What a queue was told by a runner that is stopped before the queue has answered."""
    async with asyncio.timeout(5), running(queue, Solvers(FOUND)):
        await queue.asked.wait()
        # Behind the cancellation.
        asyncio.get_running_loop().call_later(0.01, queue.answer.set)
    return [told for told in queue.told if isinstance(told, tuple)]


async def test_a_job_that_is_claimed_as_the_runner_is_stopped_goes_back_unspent():
    assert await stopped_while_asked(Slow("claim", CLAIM)) == [("give back", False)]


async def test_nothing_goes_back_where_nothing_was_claimed():
    assert await stopped_while_asked(Slow("claim")) == []


async def test_a_result_is_written_down_though_the_runner_is_stopped():
    assert await stopped_while_asked(Slow("succeed", CLAIM)) == [("succeed", FOUND)]
