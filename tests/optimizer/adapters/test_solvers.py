"""Worker processes: what they answer, how they stop, what happens when they do not."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import psutil
import pytest

from services.optimizer.adapters.solvers_processes import ProcessSolvers
from services.optimizer.adapters.worker import Worker
from services.optimizer.app.errors import Saturated, WorkerLost
from services.optimizer.domain.constraints import Bounds, Constraints
from services.optimizer.domain.engine import Progress
from services.optimizer.domain.errors import Infeasible, InvalidProblem, OutOfTime, SolverFailed
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.records import replayable, to_bytes
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from tests.optimizer.problems import control, moments, problem

SMALL = to_bytes(problem())
LONG = to_bytes(problem(Goal(Objective.UTILITY), of=moments(1200, 20, dense=True)))


@pytest.fixture
async def one():
    """A pool of one worker with little patience."""
    pool = ProcessSolvers(1, grace=0.3, most_waiting=2)
    pool.start()
    await pool.warm()
    yield pool
    await pool.close()


async def test_a_worker_finds_what_the_engine_finds_to_the_byte(solvers):
    told: list[Progress] = []
    found = await solvers.solve(SMALL, 10, told.append)
    assert replayable(found) == replayable(ChoosingEngine().solve(problem(), control()))
    assert told[-1].gap < 1e-6


async def test_a_solve_waits_for_workers_that_are_still_starting():
    pool = ProcessSolvers(1)
    pool.start()
    try:
        solve = asyncio.ensure_future(pool.solve(SMALL, 10))
        await pool.warm()
        assert replayable(await solve) == replayable(ChoosingEngine().solve(problem(), control()))
    finally:
        await pool.close()


async def test_a_pool_says_that_it_is_there_once_a_worker_takes_tasks_and_not_before():
    pool = ProcessSolvers(2)
    pool.start()
    try:
        there = asyncio.ensure_future(pool.there())
        await asyncio.sleep(0)
        assert not there.done()
        assert not pool.pids
        warming = asyncio.ensure_future(pool.warm())
        await there
        assert pool.pids
        await warming
    finally:
        await pool.close()


async def test_a_pool_that_is_closed_while_it_starts_leaves_no_process():
    pool = ProcessSolvers(2)
    pool.start()
    warming = asyncio.ensure_future(pool.warm())
    await asyncio.sleep(0)
    warming.cancel()
    await pool.close()
    assert pool.pids
    assert not any(psutil.pid_exists(pid) for pid in pool.pids)


async def test_a_worker_solves_frontiers_and_checks(solvers):
    assert len((await solvers.frontier(SMALL, 7, 10)).points) == 7
    assert await solvers.check(SMALL, 10) is None
    with pytest.raises(Infeasible):
        await solvers.check(to_bytes(problem(constraints=Constraints(default_bounds=Bounds(0, 0.01)))), 10)


async def test_an_error_of_the_engine_is_raised_here(solvers):
    with pytest.raises(InvalidProblem, match=r"goal\.min_return"):
        await solvers.solve(to_bytes(problem(Goal(min_return=0.1))), 10)


async def test_what_is_no_problem_at_all_is_the_solver_s_failure(solvers):
    with pytest.raises(SolverFailed, match="the engine choosing failed"):
        await solvers.solve(b"nonsense", 10)


async def test_the_pool_is_whole_after_a_cancelled_solve(one):
    task = asyncio.ensure_future(one.solve(LONG, 30))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await one.solve(SMALL, 10)).solved.engine == "dual_newton"


async def test_a_worker_that_does_not_stop_is_killed_and_replaced(one):
    """SIGSTOP plays a worker that hangs in an iteration."""
    (before,) = one.pids
    os.kill(before, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(OutOfTime):
        await one.solve(SMALL, 0.2)
    assert time.monotonic() - began < 3
    assert (await one.solve(SMALL, 10)).solved.engine == "dual_newton"
    assert one.pids != [before]


async def test_a_worker_that_dies_is_told_and_replaced(one):
    task = asyncio.ensure_future(one.solve(LONG, 30))
    await asyncio.sleep(0.2)
    os.kill(one.pids[0], signal.SIGKILL)
    with pytest.raises(WorkerLost):
        await task
    assert (await one.solve(SMALL, 10)).solved.engine == "dual_newton"


async def test_callers_that_go_away_while_a_dead_worker_is_replaced_take_none_along(one):
    os.kill(one.pids[0], signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid) for pid in one.pids if psutil.pid_exists(pid)], timeout=5)
    for _ in range(3):
        hasty = asyncio.ensure_future(one.solve(SMALL, 30))
        await asyncio.sleep(0)
        hasty.cancel()
    assert (await one.solve(SMALL, 30)).solved.engine == "dual_newton"


async def test_the_server_that_forks_the_workers_may_be_lost_too(one):
    os.kill(psutil.Process(one.pids[0]).ppid(), signal.SIGKILL)
    for _ in range(2):
        assert (await one.solve(SMALL, 60)).solved.engine == "dual_newton"


async def test_waiting_for_a_worker_counts_as_time(one):
    running = asyncio.ensure_future(one.solve(LONG, 30))
    await asyncio.sleep(0.1)
    with pytest.raises(OutOfTime, match="before a worker was free"):
        await one.solve(SMALL, 0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_the_line_for_a_worker_is_bounded(one):
    calls = [asyncio.ensure_future(one.solve(LONG, 30)) for _ in range(4)]
    await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    assert sum(isinstance(call.exception(), Saturated) for call in calls if call.done()) == 1
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)


async def test_many_solves_at_once_are_all_answered(solvers):
    found = await asyncio.gather(*(solvers.solve(SMALL, 20) for _ in range(40)))
    assert len({replayable(each) for each in found}) == 1


def test_a_closed_pipe_is_a_lost_worker(solvers):
    worker = Worker(solvers._context)
    worker.kill()
    assert not worker.is_alive
    with pytest.raises(WorkerLost):
        worker.exchange(b"", lambda progress: None)


async def test_a_worker_that_is_killed_while_nobody_needs_it_is_counted_at_once_and_one_that_is_closed_is_not():
    lost = asyncio.Event()
    counted = []
    pool = ProcessSolvers(2, lost=lambda: (counted.append(1), lost.set()))
    pool.start()
    await pool.warm()
    os.kill(pool.pids[0], signal.SIGKILL)
    async with asyncio.timeout(10):
        await lost.wait()
    await pool.close()
    assert len(counted) == 1
