"""Jobs of qpo.optimizer.v1: submitted, watched, cancelled, listed, and what becomes of them when workers die."""

import asyncio
import os
import signal

import grpc
import psutil
import pytest
from qpo.optimizer.v1 import optimization_pb2, optimizer_service_pb2
from qpo.optimizer.v1.optimizer_service_pb2_grpc import OptimizerServiceStub
from qpo.portfolio.v1 import portfolio_pb2
from qpo.types.v1 import mandate_pb2

from tests.optimizer.problems import moments
from tests.optimizer.served import FINAL, INLINE, refusal, request_id, sent_along, settings_for, taken_apart, wired

S = optimization_pb2
NOBODY_S = "01987f6c-0000-7000-8000-0000000000ff"
TIGHT = {"default_bounds": {"min": 0, "max": 0.05}}


@pytest.fixture
def alice(optimizer):
    return optimizer.user()


# ---- Optimize and its job


async def test_a_job_answers_with_its_result_if_it_ends_within_the_wait(alice):
    answer = await alice("Optimize", **INLINE, wait_ms=10_000)
    assert answer.job.state == S.JOB_STATE_SUCCEEDED
    assert answer.job_id == answer.job.job_id == answer.result.job_id
    assert (answer.job.assets, answer.job.attempts) == (12, 1)
    assert answer.job.created_at.seconds <= answer.job.started_at.seconds <= answer.job.finished_at.seconds
    status = (await alice("GetOptimizationStatus", job_id=answer.job_id)).job
    assert status == answer.job
    assert (await alice("GetOptimizationResult", job_id=answer.job_id)).result == answer.result


async def test_a_job_and_a_solve_find_the_same_optimum(alice):
    job = (await alice("Optimize", **INLINE, wait_ms=10_000)).result
    solved = (await alice("Solve", source={"universe": {"dataset": "prices", "symbols": INLINE["universe"]}})).result
    for found in (job, solved):
        found.elapsed_ms, found.job_id = 0, ""
        found.phases_ms.clear()
    assert job == solved


async def test_without_a_wait_the_job_is_answered_at_once(alice):
    answer = await alice("Optimize", **INLINE)
    assert answer.job.state not in FINAL or not answer.HasField("result")
    assert (await alice.ended(answer.job_id)).state == S.JOB_STATE_SUCCEEDED


async def test_a_stored_portfolio_says_what_the_request_leaves_out(alice, optimizer_peers):
    strategy = {"goal": {"objective": "OBJECTIVE_RISK"}, "universe": INLINE["universe"], "dataset": "prices"}
    optimizer_peers.portfolio.portfolios[NOBODY_S] = portfolio_pb2.Portfolio(
        strategy=strategy | {"estimation": {"lookback": 252}},
        constraints={"default_bounds": {"max": 0.2}, "max_turnover": 0.5},
        holdings=[
            {"symbol": "S001", "weight": {"value": "0.300000"}},
            {"symbol": "GONE", "weight": {"value": "0.100000"}},
        ],
    )
    answer = await alice("Optimize", portfolio_id=NOBODY_S, wait_ms=10_000)
    assert answer.job.portfolio_id == NOBODY_S
    assert answer.result.goal.objective == mandate_pb2.OBJECTIVE_RISK
    assert max(answer.result.weights.values()) <= 0.2 + 1e-9
    assert answer.result.turnover <= 0.5 + 1e-9
    assert optimizer_peers.ml.requests[0].estimation.lookback == 252
    replaced = await alice(
        "Optimize",
        portfolio_id=NOBODY_S,
        constraints={},
        goal={"objective": 4},
        current_weights={"S002": 1},
        wait_ms=9000,
    )
    assert replaced.result.goal.objective == mandate_pb2.OBJECTIVE_UTILITY
    assert max(replaced.result.weights.values()) > 0.2
    assert [job.job_id for job in (await alice("ListOptimizations", portfolio_id=NOBODY_S)).jobs] == [
        replaced.job_id,
        answer.job_id,
    ]


async def test_a_stored_portfolio_s_costs_count_unless_the_request_has_some(alice, optimizer_peers):
    strategy = {"universe": INLINE["universe"], "dataset": "prices", "costs": {"commission": 0.001}}
    optimizer_peers.portfolio.portfolios[NOBODY_S] = portfolio_pb2.Portfolio(strategy=strategy)
    for stated, rate in (({}, 0.001), ({"costs": {"commission": 0.002}}, 0.002), ({"costs": {}}, 0.0)):
        found = (await alice("Optimize", portfolio_id=NOBODY_S, wait_ms=10_000, **stated)).result
        traded = sum(abs(trade.to - getattr(trade, "from")) for trade in found.trades)
        assert found.cost.commission == pytest.approx(rate * traded)
        assert traded > 0


async def test_an_unknown_portfolio_is_refused(alice):
    told = await refusal(alice("Optimize", portfolio_id=NOBODY_S))
    assert (told.code, told.reason) == ("NOT_FOUND", "PORTFOLIO_NOT_FOUND")


async def test_what_neither_request_nor_portfolio_says_is_asked_for(alice, optimizer_peers):
    optimizer_peers.portfolio.portfolios[NOBODY_S] = portfolio_pb2.Portfolio()
    for fields in ({}, {"portfolio_id": NOBODY_S}):
        told = await refusal(alice("Optimize", **fields))
        assert (told.reason, told.fields) == ("INVALID_REQUEST", ["universe", "dataset"])


async def test_an_infeasible_job_fails_with_the_conflict_that_a_solve_would_tell(alice):
    answer = await alice("Optimize", **INLINE, constraints=TIGHT, wait_ms=10_000)
    assert answer.job.state == S.JOB_STATE_FAILED
    assert not answer.HasField("result")
    solve = await refusal(alice("Solve", source={"universe": {"dataset": "prices"}}, constraints=TIGHT))
    result = await refusal(alice("GetOptimizationResult", job_id=answer.job_id))
    assert result == solve
    stored = taken_apart(answer.job.error, "FAILED_PRECONDITION")
    assert stored == solve


async def test_a_check_alone_stores_nothing(alice):
    good = await alice("Optimize", **INLINE, validate_only=True, request_id=request_id())
    assert (good.job_id, good.job.job_id, good.job.state, good.job.assets) == ("", "", S.JOB_STATE_QUEUED, 12)
    bad = await alice("Optimize", **INLINE, constraints=TIGHT, validate_only=True)
    assert taken_apart(bad.job.error).reason == "INFEASIBLE"
    assert not (await alice("ListOptimizations")).jobs


async def test_a_repeated_request_gets_the_same_job(alice, optimizer_peers):
    call = INLINE | {"request_id": request_id(), "wait_ms": 10_000}
    first, again = await alice("Optimize", **call), await alice("Optimize", **call)
    assert first == again
    assert len(optimizer_peers.ml.requests) == 1
    told = await refusal(alice("Optimize", **(call | {"wait_ms": 5})))
    assert (told.code, told.reason, told.fields) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED", ["request_id"])


async def test_of_concurrent_requests_with_one_id_one_makes_a_job(alice):
    call = INLINE | {"request_id": request_id()}
    answers = await asyncio.gather(*(alice("Optimize", **call) for _ in range(8)))
    assert len({answer.job_id for answer in answers}) == 1
    assert len((await alice("ListOptimizations")).jobs) == 1


async def test_more_unfinished_jobs_than_allowed_are_refused(serve_optimizer, optimizer_peers):
    service = await serve_optimizer(max_unfinished_jobs=2)
    alice, bob = service.user(), service.user()
    slow = INLINE | big(optimizer_peers)
    outcomes = await asyncio.gather(*(alice("Optimize", **slow) for _ in range(4)), return_exceptions=True)
    refusals = [each for each in outcomes if isinstance(each, grpc.aio.AioRpcError)]
    assert len(refusals) == 2
    told = await refusal(alice("Optimize", **slow))
    assert (told.code, told.reason, told.metadata) == ("RESOURCE_EXHAUSTED", "TOO_MANY_JOBS", {"limit": "2"})
    assert (await bob("Optimize", **slow)).job_id
    await all_cancelled(alice, bob)


def big(peers, count=700):
    """Makes ml answer with a universe that takes a while, long and short; what to ask for."""
    peers.ml.of = moments(count, 30, dense=True)
    return {"universe": list(peers.ml.of.symbols), "constraints": {"default_bounds": {"min": -0.1, "max": 0.1}}}


async def all_cancelled(*users):
    for user in users:
        for job in (await user("ListOptimizations")).jobs:
            await user("CancelOptimization", job_id=job.job_id)
            await user.ended(job.job_id)


# ---- Watch, result, cancel


async def test_a_watch_tells_progress_and_ends_with_the_result(alice, optimizer_peers):
    job_id = await alice.submitted(**big(optimizer_peers))
    messages = await alice.watched(job_id)
    last = messages[-1]
    assert last.job.state == S.JOB_STATE_SUCCEEDED
    assert last.HasField("result")
    assert all(not message.HasField("result") for message in messages[:-1])
    told = [message.job.progress for message in messages if message.job.HasField("progress")]
    assert len(told) >= 3
    assert [each.iteration for each in told] == sorted(each.iteration for each in told)
    assert all(each.bound >= last.result.objective - 1e-9 for each in told)
    assert told[-1].gap < told[0].gap


async def test_a_watch_of_an_ended_job_is_one_message(alice):
    job_id = (await alice("Optimize", **INLINE, wait_ms=10_000)).job_id
    (only,) = await alice.watched(job_id)
    assert only.result.job_id == job_id


async def test_the_result_of_a_running_job_is_not_finished(alice, optimizer_peers):
    job_id = await alice.submitted(**big(optimizer_peers))
    told = await refusal(alice("GetOptimizationResult", job_id=job_id))
    assert (told.code, told.reason, told.retry) == ("ABORTED", "NOT_FINISHED", True)
    await all_cancelled(alice)


async def test_a_running_job_is_cancelled_in_the_middle(alice, optimizer_peers):
    job_id = await alice.submitted(**big(optimizer_peers, 1200))
    watch = OptimizerServiceStub(alice.channel).WatchOptimization(
        optimizer_service_pb2.WatchOptimizationRequest(job_id=job_id), metadata=alice.metadata, timeout=60
    )
    async for message in watch:
        if message.job.HasField("progress"):
            break
    watch.cancel()
    assert (await alice("CancelOptimization", job_id=job_id)).job.job_id == job_id
    ended = await alice.ended(job_id)
    assert ended.state == S.JOB_STATE_CANCELLED
    told = await refusal(alice("GetOptimizationResult", job_id=job_id))
    assert (told.code, told.reason) == ("FAILED_PRECONDITION", "CANCELLED")
    assert (await alice("CancelOptimization", job_id=job_id)).job == ended


async def test_cancelling_what_has_ended_leaves_it_as_it_is(alice):
    answer = await alice("Optimize", **INLINE, wait_ms=10_000)
    assert (await alice("CancelOptimization", job_id=answer.job_id)).job == answer.job


async def test_a_job_that_waits_is_cancelled_at_once(alice, optimizer_peers):
    slow = big(optimizer_peers)
    running, waiting = await alice.submitted(**slow), await alice.submitted(**slow)
    assert (await alice("CancelOptimization", job_id=waiting)).job.state == S.JOB_STATE_CANCELLED
    await alice("CancelOptimization", job_id=running)
    assert (await alice.ended(running)).state == S.JOB_STATE_CANCELLED


async def test_another_s_job_is_answered_as_one_that_does_not_exist(optimizer):
    alice, bob = optimizer.user(), optimizer.user()
    job_id = (await alice("Optimize", **INLINE, wait_ms=10_000)).job_id
    for method in ("GetOptimizationStatus", "GetOptimizationResult", "CancelOptimization"):
        anothers, nobodys = await refusal(bob(method, job_id=job_id)), await refusal(bob(method, job_id=NOBODY_S))
        assert (anothers.code, anothers.reason) == ("NOT_FOUND", "JOB_NOT_FOUND"), method
        assert anothers.message.replace(job_id, NOBODY_S) == nobodys.message
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await bob.watched(job_id)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


# ---- List


async def test_pages_lead_through_the_caller_s_jobs_newest_first(optimizer):
    alice, bob = optimizer.user(), optimizer.user()
    await bob("Optimize", **INLINE, wait_ms=10_000)
    made = [(await alice("Optimize", **INLINE, wait_ms=10_000)).job_id for _ in range(5)]
    seen, token = [], ""
    while True:
        page = await alice("ListOptimizations", page_size=2, page_token=token)
        seen += [job.job_id for job in page.jobs]
        token = page.next_page_token
        if not token:
            break
    assert seen == made[::-1]
    token = (await alice("ListOptimizations", page_size=1)).next_page_token
    for user, fields in ((bob, {"page_token": token}), (alice, {"page_token": token, "portfolio_id": NOBODY_S})):
        told = await refusal(user("ListOptimizations", **fields))
        assert (told.code, told.reason) == ("INVALID_ARGUMENT", "PAGE_TOKEN_INVALID")


# ---- Workers that die


async def test_a_job_survives_the_loss_of_a_worker(optimizer, optimizer_peers, solvers):
    alice = optimizer.user()
    job_id = await alice.submitted(**big(optimizer_peers, 1000))
    await until_progress(alice, job_id)
    os.kill(solvers.pids[0], signal.SIGKILL)
    ended = await alice.ended(job_id)
    assert (ended.state, ended.attempts) == (S.JOB_STATE_SUCCEEDED, 2)


async def test_a_job_that_loses_two_workers_has_failed(optimizer, optimizer_peers, solvers):
    alice = optimizer.user()
    job_id = await alice.submitted(**big(optimizer_peers, 1000))
    for attempt in (1, 2):
        await until_progress(alice, job_id, attempt)
        os.kill(solvers.pids[0], signal.SIGKILL)
    ended = await alice.ended(job_id)
    assert (ended.state, ended.attempts) == (S.JOB_STATE_FAILED, 2)
    told = await refusal(alice("GetOptimizationResult", job_id=job_id))
    assert (told.code, told.reason, told.metadata) == ("ABORTED", "SOLVER_FAILED", {"engine": "choosing"})


async def until_progress(user, job_id, attempt=1):
    """Until an attempt of the job has told its progress."""
    watch = OptimizerServiceStub(user.channel).WatchOptimization(
        optimizer_service_pb2.WatchOptimizationRequest(job_id=job_id), metadata=user.metadata, timeout=60
    )
    async for message in watch:
        if message.job.attempts == attempt and message.job.HasField("progress"):
            watch.cancel()
            return
    raise AssertionError("the job ended first")


async def test_a_solve_survives_the_loss_of_idle_workers(optimizer, solvers):
    alice = optimizer.user()
    await alice("Solve", source=sent_along())
    idle = [psutil.Process(pid) for pid in solvers.pids]
    for process in idle:
        process.kill()
    # A killed process takes its time to die: until then it would be busy, not idle.
    assert psutil.wait_procs(idle, timeout=10)[1] == []
    answers = await asyncio.gather(*(alice("Solve", source=sent_along()) for _ in range(4)))
    assert len({answer.result.objective for answer in answers}) == 1


async def test_a_job_whose_replica_died_goes_to_another_after_its_lease(serve_optimizer, optimizer_store, optimizer):
    """The replica's death is played in the table: a lease that nobody renews."""
    alice = optimizer.user()
    job_id = (await alice("Optimize", **INLINE, wait_ms=10_000)).job_id
    await optimizer_store.rows.execute(LOSE, job_id)
    ended = await alice.ended(job_id)
    assert (ended.state, ended.attempts) == (S.JOB_STATE_SUCCEEDED, 2)


async def test_two_replicas_share_one_queue(serve_optimizer, solvers):
    """Submitted at one, watched at the other."""
    here, there = await serve_optimizer(), await serve_optimizer()
    alice = here.user()
    job_ids = [await alice.submitted() for _ in range(4)]
    alice.channel = there.channel
    assert {(await alice.ended(job_id)).state for job_id in job_ids} == {S.JOB_STATE_SUCCEEDED}
    done = [each.value("portfolio_optimizations_total", **LABELS) or 0 for each in (here, there)]
    assert sum(done) == 4


# As if it had never ended, nor been told to have.
LOSE = """
WITH untold AS (DELETE FROM outbox WHERE key = $1::uuid::text AND type = 'optimization_succeeded')
UPDATE optimizations SET state = 'running', result = NULL, finished_at = NULL, leased_until = now() WHERE id = $1
"""
LABELS = {"user_tier": "free", "optimization_type": "sharpe", "result": "success"}


async def test_a_replica_that_stops_gives_its_job_to_another(
    serve_optimizer, optimizer_store, optimizer_peers, solvers
):
    there = await serve_optimizer()
    alice = there.user()
    settings = settings_for(optimizer_store.url, optimizer_store.folder, **optimizer_peers.addresses)
    async with wired(settings, optimizer_store.pool, solvers):
        job_ids = [await alice.submitted(**big(optimizer_peers, 700)) for _ in range(2)]
        for job_id in job_ids:
            await until_progress(alice, job_id)
    for job_id in job_ids:
        ended = await alice.ended(job_id)
        assert (ended.state, ended.attempts) == (S.JOB_STATE_SUCCEEDED, 1)
