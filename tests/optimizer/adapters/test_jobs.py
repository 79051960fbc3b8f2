"""Jobs in PostgreSQL: leases, fences, attempts, and the bells that NOTIFY rings."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry

from chassis.ids import Uuid7Ids
from chassis.postgres import prepare
from services.optimizer.__main__ import MIGRATIONS
from services.optimizer.adapters.bells_postgres import PostgresBells
from services.optimizer.adapters.job_book_postgres import PostgresJobBook
from services.optimizer.adapters.job_news import JobNews
from services.optimizer.adapters.job_queue_postgres import PostgresJobQueue
from services.optimizer.adapters.queue_length import queue_length
from services.optimizer.app.bells import QUEUE, Bells, of_cancel, of_job
from services.optimizer.app.errors import JobNotFound, RequestIdReused, StoreUnavailable, TooManyJobs
from services.optimizer.app.ports import Caller, NewJob, Repeatable
from services.optimizer.domain.engine import Progress
from services.optimizer.domain.errors import OutOfTime, SolverFailed
from services.optimizer.domain.goal import Goal
from services.optimizer.domain.job import JobState
from services.optimizer.domain.records import to_bytes
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from services.optimizer.rpc.errors import error_table
from tests.optimizer.problems import control, problem
from tests.optimizer.served import settings_for

PROBLEM = to_bytes(problem())


@pytest.fixture
async def pool(database_url, tmp_path):
    """A database without any other service's jobs or runners."""
    made = await prepare(settings_for(database_url, tmp_path), "optimizer", MIGRATIONS)
    yield made
    await made.close()


@pytest.fixture
def book(pool):
    return PostgresJobBook(pool, JobNews(error_table()))


@pytest.fixture
def queue(pool):
    return PostgresJobQueue(pool, "clarabel", JobNews(error_table()))


@pytest.fixture
def alice():
    return Caller(str(uuid.uuid4()), str(uuid.uuid4()), "free")


async def submitted(book, caller, request=None, limit=100):
    job = NewJob(Uuid7Ids().new(), Goal(), 12, "", 10_000, PROBLEM)
    return await book.submit(caller, job, request, limit)


async def test_jobs_are_claimed_oldest_first_and_once(book, queue, alice):
    job_ids = [await submitted(book, alice) for _ in range(3)]
    # Which of the five callers go away empty-handed is chance.
    claims = [claim for claim in await asyncio.gather(*(queue.claim(10) for _ in range(5))) if claim]
    assert sorted(claim.job_id for claim in claims) == job_ids
    assert {claim.problem for claim in claims} == {PROBLEM}
    assert (claims[0].goal, claims[0].tier, claims[0].attempt) == (Goal(), "free", 1)


async def test_what_nobody_renews_goes_to_the_next_who_fences_off_the_first(book, queue, alice):
    job_id = await submitted(book, alice)
    first = await queue.claim(0)
    await queue.sweep()
    second = await queue.claim(10)
    assert (second.job_id, second.attempt) == (job_id, 2)
    assert not await queue.renew(first, 10)
    assert not await queue.fail(first, OutOfTime("late"))
    await queue.tell(first, Progress(1, 1, 1, 1, 1))
    await queue.give_back(first, spent=True)
    assert await queue.renew(second, 10)
    assert (await book.get(alice, job_id)).progress is None


async def test_after_two_lost_attempts_a_job_has_failed(book, queue, alice):
    job_id = await submitted(book, alice)
    for _ in range(2):
        await queue.claim(0)
        await queue.sweep()
    assert await queue.claim(10) is None
    job = await book.get(alice, job_id)
    assert (job.state, job.attempts) == (JobState.FAILED, 2)
    assert isinstance(job.error, SolverFailed)
    assert "died twice" in str(job.error)


async def test_an_attempt_that_does_not_count_is_not_counted(book, queue, alice):
    job_id = await submitted(book, alice)
    await queue.give_back(await queue.claim(10), spent=False)
    job = await book.get(alice, job_id)
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)


async def test_a_job_ends_with_its_result_which_comes_back_whole(book, queue, alice):
    job_id = await submitted(book, alice)
    claim = await queue.claim(10)
    found = ChoosingEngine().solve(problem(), control())
    await queue.tell(claim, Progress(3, 0.5, 0.6, 0.1, 12.0))
    assert (await book.get(alice, job_id)).progress == Progress(3, 0.5, 0.6, 0.1, 12.0)
    assert await queue.succeed(claim, found)
    assert not await queue.drop(claim)
    assert (await book.get(alice, job_id)).finished_at is not None
    assert to_bytes(await book.result(alice, job_id)) == to_bytes(found)


async def test_a_job_that_is_to_be_cancelled_is_not_renewed_and_not_given_to_another(book, queue, alice):
    job_id = await submitted(book, alice)
    claim = await queue.claim(0)
    assert (await book.cancel(alice, job_id)).state is JobState.RUNNING
    assert not await queue.renew(claim, 0)
    await queue.sweep()
    assert (await book.get(alice, job_id)).state is JobState.CANCELLED


async def test_one_user_s_limit_holds_against_a_crowd_of_submissions(book, alice):
    outcomes = await asyncio.gather(*(submitted(book, alice, limit=3) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(each, TooManyJobs) for each in outcomes) == 5
    assert await submitted(book, Caller(str(uuid.uuid4()), alice.tenant_id), limit=1)


async def test_a_repeated_request_is_found_and_another_body_refused(book, alice):
    request = Repeatable(str(uuid.uuid4()), b"body")
    assert await book.repeated(alice, request) is None
    job_id = await submitted(book, alice, request)
    assert await book.repeated(alice, request) == job_id
    assert await submitted(book, alice, request) == job_id
    for call in (book.repeated(alice, Repeatable(request.request_id, b"other")),
                 submitted(book, alice, Repeatable(request.request_id, b"other"))):  # fmt: skip
        with pytest.raises(RequestIdReused):
            await call


async def test_somebody_else_sees_nothing(book, queue, alice):
    job_id = await submitted(book, alice)
    for other in (Caller(str(uuid.uuid4()), alice.tenant_id), Caller(alice.user_id, str(uuid.uuid4()))):
        for call in (book.get(other, job_id), book.result(other, job_id), book.cancel(other, job_id)):
            with pytest.raises(JobNotFound):
                await call
        assert await book.page(other, "", "", 10) == []


@asynccontextmanager
async def listening(url: str, bells: Bells) -> AsyncIterator[None]:
    task = asyncio.ensure_future(PostgresBells(url, bells).listen())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_every_change_rings_its_bell(book, queue, alice, database_url):
    bells = Bells()
    with bells.hung(QUEUE) as waiting:
        async with listening(database_url, bells):
            await rung(waiting)
            job_id = await submitted(book, alice)
            await rung(waiting)
            with bells.hung(of_job(job_id)) as changed, bells.hung(of_cancel(job_id)) as unwanted:
                claim = await queue.claim(10)
                await queue.tell(claim, Progress(1, 1, 1, 1, 1))
                await rung(changed)
                await book.cancel(alice, job_id)
                await rung(unwanted)
                await queue.drop(claim)
                await rung(changed)


async def test_a_lost_connection_is_made_again_and_everybody_is_rung(pool, database_url):
    bells = Bells()
    with bells.hung(QUEUE) as bell:
        async with listening(database_url, bells):
            await rung(bell)
            await pool_kill(database_url)
            await rung(bell)


async def pool_kill(url: str) -> None:
    """End the connection that listens, as a restart of the server would."""
    import asyncpg

    connection = await asyncpg.connect(url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'qpo-bells' AND datname = current_database()"
    )
    await connection.close()


async def rung(bell) -> None:
    async with asyncio.timeout(5):
        await bell.wait()


async def test_a_store_that_is_gone_is_told_in_the_app_s_words(pool, queue):
    await pool.close()
    with pytest.raises(StoreUnavailable):
        await queue.claim(10)


async def test_what_waits_is_counted_until_it_is_claimed(pool, book, queue, alice):
    registry = CollectorRegistry()
    census = queue_length(pool, registry)
    for _ in range(3):
        await submitted(book, alice)
    assert await queue.claim(15.0)
    await census.reckon()
    assert registry.get_sample_value("optimization_queue_length") == 2
