"""What is told of jobs: that they were submitted and that they ended, once each; and what is left of who left."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from qpo.auth.v1 import events_pb2 as auth_pb
from qpo.optimizer.v1 import events_pb2 as pb
from qpo.optimizer.v1 import optimization_pb2

from chassis.bus import Message
from chassis.errors import Unauthenticated
from chassis.ids import Uuid7Ids
from chassis.postgres import prepare
from chassis.reach import SYSTEM, enter
from services.optimizer.__main__ import MIGRATIONS
from services.optimizer.adapters.job_book_postgres import PostgresJobBook
from services.optimizer.adapters.job_news import JobNews
from services.optimizer.adapters.job_queue_postgres import PostgresJobQueue
from services.optimizer.adapters.user_events import departures
from services.optimizer.app.errors import JobNotFound
from services.optimizer.app.ports import Caller, NewJob, Repeatable
from services.optimizer.domain.errors import OutOfTime
from services.optimizer.domain.goal import Goal
from services.optimizer.domain.records import to_bytes
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from services.optimizer.rpc.errors import error_table
from tests.optimizer.problems import control, problem
from tests.optimizer.served import settings_for
from tests.walls import over_all

PROBLEM = to_bytes(problem())
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
async def pool(database_url, tmp_path):
    """A database without any other service's jobs or runners."""
    made = await prepare(settings_for(database_url, tmp_path), "optimizer", MIGRATIONS)
    yield made
    await made.close()


@pytest.fixture
async def rows(pool, database_url):
    """The same schema, seen over all walls."""
    async with await over_all(database_url, "optimizer") as made:
        yield made


@pytest.fixture
def heard():
    return []


@pytest.fixture
def news(heard):
    return JobNews(error_table(), lambda: heard.append(True))


@pytest.fixture
def book(pool, news):
    return PostgresJobBook(pool, news)


@pytest.fixture
def queue(pool, news):
    return PostgresJobQueue(pool, "clarabel", news)


@pytest.fixture
def alice():
    return Caller(str(uuid.uuid4()), str(uuid.uuid4()), "free")


@pytest.fixture
def alice_left(pool, news, alice):
    """Hands the event that she left to the consumer, in a transaction as it has."""
    account = auth_pb.Account(user_id=alice.user_id, tenant_id=alice.tenant_id)
    event = auth_pb.UserEvent(user_deleted=auth_pb.UserDeleted(account=account))
    given = ("user_deleted", alice.user_id, 2, NOW, NOW, "", alice.user_id, alice.tenant_id, 1)
    message = Message(Uuid7Ids().new(), "qpo.auth.v1.UserEvent", *given, event.SerializeToString())
    subscription = departures(news)

    async def deliver():
        async with pool.acquire() as connection, connection.transaction():
            await enter(connection, SYSTEM)
            await subscription.handle(connection, message)

    assert (subscription.topic, subscription.types) == (message.topic, {message.type})
    return deliver


async def submitted(book, caller, request=None):
    return await book.submit(caller, NewJob(Uuid7Ids().new(), Goal(), 12, "", 10_000, PROBLEM), request, 100)


async def told(rows, job_id):
    found = await rows.fetch("SELECT * FROM outbox WHERE key = $1 ORDER BY position", job_id)
    assert [row["seq"] for row in found] == list(range(1, len(found) + 1))
    events = [pb.OptimizationEvent.FromString(row["payload"]) for row in found]
    return [(row["type"], getattr(event, row["type"])) for row, event in zip(found, events, strict=True)]


async def test_a_submitted_job_is_told_once_however_often_it_is_asked_for(book, rows, alice, heard):
    request = Repeatable(str(uuid.uuid4()), b"body")
    [job_id] = {await submitted(book, alice, request) for _ in range(2)}
    [(kind, event)] = await told(rows, job_id)
    assert (kind, event.job.state) == ("optimization_submitted", optimization_pb2.JOB_STATE_QUEUED)
    assert (event.owner.user_id, event.owner.tenant_id) == (alice.user_id, alice.tenant_id)
    assert heard


async def test_a_success_is_told_once_with_its_result(book, queue, rows, alice):
    job_id = await submitted(book, alice)
    claim, found = await queue.claim(10), ChoosingEngine().solve(problem(), control())
    await queue.succeed(claim, found)
    await queue.succeed(claim, found)
    await queue.fail(claim, OutOfTime("late"))
    [_, (kind, event)] = await told(rows, job_id)
    assert (kind, event.job.state) == ("optimization_succeeded", optimization_pb2.JOB_STATE_SUCCEEDED)
    assert event.result.weights == dict(zip(found.symbols, found.solved.weights.tolist(), strict=True))
    assert await rows.fetchval("SELECT user_id FROM outbox WHERE key = $1 AND seq = 2", job_id) == alice.user_id


async def test_a_failure_is_told_with_its_error(book, queue, rows, alice):
    job_id = await submitted(book, alice)
    await queue.fail(await queue.claim(10), OutOfTime("late"))
    [_, (kind, event)] = await told(rows, job_id)
    assert kind == "optimization_failed"
    assert event.job.error.code != 0


async def test_after_two_lost_attempts_the_sweep_tells_the_failure_and_not_the_first(book, queue, rows, alice):
    job_id = await submitted(book, alice)
    for count in (1, 2):
        await queue.claim(0)
        await queue.sweep()
        assert len(await told(rows, job_id)) == count
    assert (await told(rows, job_id))[-1][0] == "optimization_failed"


async def test_a_job_given_back_after_its_last_attempt_is_told_as_failed(book, queue, rows, alice):
    job_id = await submitted(book, alice)
    for _ in range(2):
        await queue.give_back(await queue.claim(10), spent=True)
    assert [kind for kind, _ in await told(rows, job_id)] == ["optimization_submitted", "optimization_failed"]


async def test_a_cancelled_job_is_told_when_it_has_ended(book, queue, rows, alice):
    waiting, running = await submitted(book, alice), await submitted(book, alice)
    await book.cancel(alice, waiting)
    claim = await queue.claim(10)
    await book.cancel(alice, running)
    assert len(await told(rows, running)) == 1
    await queue.drop(claim)
    for job_id in (waiting, running):
        await book.cancel(alice, job_id)
        assert [kind for kind, _ in await told(rows, job_id)] == ["optimization_submitted", "optimization_cancelled"]


async def test_who_left_has_no_jobs_and_their_workers_hold_nothing(book, queue, rows, alice, alice_left):
    bob = Caller(str(uuid.uuid4()), str(uuid.uuid4()), "free")
    running, waiting = await submitted(book, alice), await submitted(book, alice)
    claim = await queue.claim(10)
    ended = await submitted(book, alice)
    await book.cancel(alice, ended)
    kept = await submitted(book, bob)
    for _ in range(2):
        await alice_left()
    for job_id in (running, waiting, ended):
        assert [kind for kind, _ in await told(rows, job_id)] == [
            "optimization_submitted",
            "optimization_cancelled",
            "optimization_deleted",
        ]
        assert {event.ByteSize() for _, event in await told(rows, job_id)} == {0}
        with pytest.raises(JobNotFound):
            await book.get(alice, job_id)
    assert not await queue.renew(claim, 10)
    assert not await queue.succeed(claim, ChoosingEngine().solve(problem(), control()))
    assert (await queue.claim(10)).job_id == kept
    with pytest.raises(Unauthenticated):
        await submitted(book, alice)


async def test_who_submits_while_they_leave_leaves_nothing(book, rows, alice, alice_left):
    async def submitting():
        with suppress(Unauthenticated):
            for _ in range(10):
                await submitted(book, alice)

    async def leaving():
        await asyncio.sleep(0.03)
        await alice_left()

    await asyncio.gather(submitting(), submitting(), leaving())
    assert await rows.fetchval("SELECT count(*) FROM optimizations WHERE user_id = $1", alice.user_id) == 0
