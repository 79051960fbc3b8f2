"""qpo.optimizer.v1 over a real server, PostgreSQL, worker processes and stand-ins of its peers."""

import asyncio
import itertools
import json
import os
import signal

import grpc
import pytest
from google.rpc import error_details_pb2
from qpo.optimizer.v1 import optimization_pb2, optimizer_service_pb2
from qpo.optimizer.v1.optimizer_service_pb2_grpc import OptimizerServiceStub
from qpo.portfolio.v1 import portfolio_pb2
from qpo.types.v1 import mandate_pb2

from tests.optimizer.problems import moments
from tests.optimizer.served import FINAL, INLINE, refusal, request_id, settings_for, taken_apart, wired
from tests.optimizer.standins import packed, refused

S = optimization_pb2
NOBODY_S = "01987f6c-0000-7000-8000-0000000000ff"
TIGHT = {"default_bounds": {"min": 0, "max": 0.05}}


@pytest.fixture
def alice(optimizer):
    return optimizer.user()


def sent_along(of=None, **changes):
    """Moments in the request."""
    of = of or moments(dense=True)
    given = {
        "symbols": of.symbols,
        "expected_returns": of.expected_returns,
        "dense": packed(of.covariance.matrix),
        "observations": of.observations,
    }
    return {"moments": given | changes}


def long_lasting():
    """A dense problem of 700 assets, which takes a second or more."""
    return sent_along(moments(700, 30, dense=True))


# ---- Solve


async def test_a_solve_tells_all_about_the_optimum(alice):
    found = (await alice("Solve", source=sent_along(), goal={"risk_free_rate": 0.01})).result
    assert sum(found.weights.values()) == pytest.approx(1, abs=1e-12)
    assert len(found.weights) == 12
    assert found.objective == found.sharpe_ratio
    assert found.sharpe_ratio == pytest.approx((found.expected_return - 0.01) / found.volatility)
    assert found.objective <= found.bound <= found.objective + 1e-9
    assert found.confidence_interval.lower < found.sharpe_ratio < found.confidence_interval.upper
    assert (found.goal.objective, found.goal.risk_aversion) == (mandate_pb2.OBJECTIVE_SHARPE, 1.0)
    assert (found.engine, found.observations, found.job_id) == ("clarabel", 756, "")
    assert (found.turnover, found.non_replayable) == (pytest.approx(0.5), False)
    assert len(found.input_hash) == 64


async def test_equal_solves_agree_to_the_byte_but_for_their_time(alice):
    first, second = [(await alice("Solve", source=sent_along())).result for _ in range(2)]
    for found in (first, second):
        found.elapsed_ms = 0
    assert first.SerializeToString(deterministic=True) == second.SerializeToString(deterministic=True)


async def test_doubles_and_packed_bytes_say_the_same(alice):
    of = moments(dense=True)
    doubles = {"rows": 12, "cols": 12, "doubles": {"values": of.covariance.matrix.ravel()}}
    one = (await alice("Solve", source=sent_along())).result
    other = (await alice("Solve", source=sent_along(dense=doubles))).result
    assert one.input_hash == other.input_hash


async def test_a_factor_model_is_solved_without_its_matrix(alice):
    of = moments()
    factors = {
        "loadings": packed(of.covariance.loadings),
        "specific_variances": packed(of.covariance.specific[:, None]),
    }
    source = {"symbols": of.symbols, "expected_returns": of.expected_returns, "factors": factors}
    found = (await alice("Solve", source={"moments": source}, goal={"objective": "OBJECTIVE_RISK"})).result
    dense = (await alice("Solve", source=sent_along(), goal={"objective": "OBJECTIVE_RISK"})).result
    assert found.objective == pytest.approx(dense.objective, abs=1e-10)
    assert not found.HasField("confidence_interval")
    assert "no returns" in found.confidence_interval_absent_because


async def test_a_dataset_s_moments_are_asked_of_ml_on_behalf_of_the_caller(alice, optimizer_peers):
    universe = {"dataset": "prices", "symbols": ["S003", "S001"], "estimation": {"half_life": 60}}
    found = (await alice("Solve", source={"universe": universe})).result
    assert set(found.weights) == {"S001", "S003"}
    assert (found.estimation.lookback, found.estimation.half_life, found.start.year) == (756, 60, 2020)
    assert optimizer_peers.ml.tokens == [alice.metadata[0][1]]
    assert optimizer_peers.ml.requests[0].packed


async def test_pca_factors_are_asked_for_as_factors(alice, optimizer_peers):
    universe = {"dataset": "prices", "estimation": {"covariance": "COVARIANCE_METHOD_PCA_FACTORS"}}
    await alice("Solve", source={"universe": universe}, goal={"objective": "OBJECTIVE_RISK"})
    assert optimizer_peers.ml.requests[0].form == 2


async def test_an_infeasible_problem_names_the_constraints_and_what_they_would_need(alice):
    groups = [{"name": "technology", "symbols": ["S000", "S001"], "max": 0.1}]
    bounds = {"S000": {"min": 0.2, "max": 1}}
    told = await refusal(alice("Solve", source=sent_along(), constraints={"groups": groups, "bounds": bounds}))
    assert (told.code, told.reason) == ("FAILED_PRECONDITION", "INFEASIBLE")
    wanted = (
        "GROUP_CAP",
        "constraints.groups[technology].max",
        "the cap of group technology is 0.1; it would have to be at least 0.2",
    )
    assert wanted in told.conflicts
    assert told.metadata == {"mend": "any one of them"}


async def test_a_riskless_gain_has_no_greatest_ratio(alice):
    source = sent_along(symbols=["A", "B"], expected_returns=[0.05, 0.1], dense=packed([[0, 0], [0, 0.04]]))
    told = await refusal(alice("Solve", source=source))
    assert (told.code, told.reason) == ("FAILED_PRECONDITION", "UNBOUNDED")


async def test_a_rate_above_every_return_is_told_with_the_greatest(alice):
    told = await refusal(alice("Solve", source=sent_along(), goal={"risk_free_rate": 0.9}))
    assert (told.code, told.reason) == ("FAILED_PRECONDITION", "NO_EXCESS_RETURN")
    assert told.metadata["risk_free_rate"] == "0.9"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"source": sent_along(dense=packed([[1.0]]))}, "source.moments.dense"),
        ({"source": sent_along(dense={"rows": 12, "cols": 12})}, "source.moments.dense.doubles.values"),
        ({"source": sent_along(dense={"rows": 12, "cols": 12, "packed": b"123"})}, "source.moments.dense.packed"),
        ({"source": sent_along(expected_returns=[0.1])}, "source.moments.expected_returns"),
        ({"source": sent_along(symbols=["A", "B"], expected_returns=[1, 1], dense=packed([[1, 2], [2, 1]]))},
         "source.moments.dense"),
        ({"source": sent_along(symbols=["A"], expected_returns=[1], dense=packed([[float("nan")]]))},
         "source.moments.dense"),
        ({"source": {"moments": {"symbols": ["A"], "expected_returns": [0.1]}}}, "source.moments.dense"),
        ({"source": {"universe": {"dataset": "x", "estimation": {"end": {"year": 2022}}}}},
         "source.universe.estimation.end"),
        ({"source": sent_along(), "constraints": {"min_budget": 0.9, "max_budget": 0.5}}, "constraints.min_budget"),
        ({"source": sent_along(), "constraints": {"bounds": {"KO": {"max": 1}}}}, 'constraints.bounds["KO"]'),
        ({"source": sent_along(), "constraints": {"default_bounds": {"min": float("nan")}}},
         "constraints.default_bounds.min"),
        ({"source": sent_along(), "current_weights": {"KO": 1}}, 'current_weights["KO"]'),
        ({"source": sent_along(), "goal": {"min_return": 0.1}}, "goal.min_return"),
        ({"source": sent_along(), "goal": {"objective": 1, "max_volatility": 0.1}}, "goal.max_volatility"),
        ({"source": sent_along(), "stop": {"gap_target": 2}}, "stop.gap_target"),
        ({}, "source"),
    ],
)  # fmt: skip
async def test_what_does_not_fit_is_refused_by_field(alice, fields, field):
    told = await refusal(alice("Solve", **fields))
    assert (told.code, told.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert field in told.fields


async def test_a_time_budget_ends_a_solve(alice):
    told = await refusal(alice("Solve", source=long_lasting(), stop={"time_budget_ms": 30}))
    assert (told.code, told.reason) == ("DEADLINE_EXCEEDED", "OUT_OF_TIME")


async def test_the_deadline_of_the_call_reaches_the_solver(optimizer, solvers):
    """The worker is free again although nobody set a time budget."""
    alice = optimizer.user()
    told = await refusal(alice("Solve", deadline=0.3, source=long_lasting()))
    assert told.code == "DEADLINE_EXCEEDED"
    await asyncio.gather(*(alice("Solve", source=sent_along()) for _ in range(4)))


async def test_a_caller_who_goes_away_frees_the_worker(optimizer):
    alice = optimizer.user()
    calls = [asyncio.ensure_future(alice("Solve", source=long_lasting())) for _ in range(2)]
    await asyncio.sleep(0.3)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    await asyncio.wait_for(alice("Solve", source=sent_along()), 5)


# ---- SolveFrontier


async def test_a_frontier_rises_in_equal_steps(alice):
    answer = await alice("SolveFrontier", source=sent_along(), points=20, risk_free_rate=0.01)
    returns = [point.expected_return for point in answer.points]
    steps = [b - a for a, b in itertools.pairwise(returns)]
    assert len(returns) == 20
    assert steps == pytest.approx([steps[0]] * 19, abs=1e-8)
    assert list(answer.symbols) == list(moments().symbols)
    assert max(answer.asset_expected_returns) == pytest.approx(returns[-1], abs=1e-8)
    assert answer.points[0].sharpe_ratio == pytest.approx((returns[0] - 0.01) / answer.points[0].volatility)


async def test_a_frontier_has_50_points_unless_it_is_asked_otherwise(alice):
    assert len((await alice("SolveFrontier", source={"universe": {"dataset": "prices"}})).points) == 50


async def test_an_infeasible_frontier_is_refused_as_a_solve_is(alice):
    told = await refusal(alice("SolveFrontier", source=sent_along(), constraints=TIGHT))
    assert (told.code, told.reason) == ("FAILED_PRECONDITION", "INFEASIBLE")


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
    slow = INLINE | {"universe": list(big(optimizer_peers))}
    outcomes = await asyncio.gather(*(alice("Optimize", **slow) for _ in range(4)), return_exceptions=True)
    refusals = [each for each in outcomes if isinstance(each, grpc.aio.AioRpcError)]
    assert len(refusals) == 2
    told = await refusal(alice("Optimize", **slow))
    assert (told.code, told.reason, told.metadata) == ("RESOURCE_EXHAUSTED", "TOO_MANY_JOBS", {"limit": "2"})
    assert (await bob("Optimize", **slow)).job_id
    await all_cancelled(alice, bob)


def big(peers, count=700):
    """Makes ml answer with a universe that takes a while; its symbols."""
    peers.ml.of = moments(count, 30, dense=True)
    return peers.ml.of.symbols


async def all_cancelled(*users):
    for user in users:
        for job in (await user("ListOptimizations")).jobs:
            await user("CancelOptimization", job_id=job.job_id)
            await user.ended(job.job_id)


# ---- Watch, result, cancel


async def test_a_watch_tells_progress_and_ends_with_the_result(alice, optimizer_peers):
    job_id = await alice.submitted(universe=big(optimizer_peers))
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
    job_id = await alice.submitted(universe=big(optimizer_peers))
    told = await refusal(alice("GetOptimizationResult", job_id=job_id))
    assert (told.code, told.reason, told.retry) == ("ABORTED", "NOT_FINISHED", True)
    await all_cancelled(alice)


async def test_a_running_job_is_cancelled_in_the_middle(alice, optimizer_peers):
    job_id = await alice.submitted(universe=big(optimizer_peers, 1200))
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
    symbols = big(optimizer_peers)
    running, waiting = await alice.submitted(universe=symbols), await alice.submitted(universe=symbols)
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
    job_id = await alice.submitted(universe=big(optimizer_peers, 1000))
    await until_progress(alice, job_id)
    os.kill(solvers.pids[0], signal.SIGKILL)
    ended = await alice.ended(job_id)
    assert (ended.state, ended.attempts) == (S.JOB_STATE_SUCCEEDED, 2)


async def test_a_job_that_loses_two_workers_has_failed(optimizer, optimizer_peers, solvers):
    alice = optimizer.user()
    job_id = await alice.submitted(universe=big(optimizer_peers, 1000))
    for attempt in (1, 2):
        await until_progress(alice, job_id, attempt)
        os.kill(solvers.pids[0], signal.SIGKILL)
    ended = await alice.ended(job_id)
    assert (ended.state, ended.attempts) == (S.JOB_STATE_FAILED, 2)
    told = await refusal(alice("GetOptimizationResult", job_id=job_id))
    assert (told.code, told.reason, told.metadata) == ("ABORTED", "SOLVER_FAILED", {"engine": "clarabel"})


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
    for pid in solvers.pids:
        os.kill(pid, signal.SIGKILL)
    answers = await asyncio.gather(*(alice("Solve", source=sent_along()) for _ in range(4)))
    assert len({answer.result.objective for answer in answers}) == 1


async def test_a_job_whose_replica_died_goes_to_another_after_its_lease(serve_optimizer, optimizer_store, optimizer):
    """The replica's death is played in the table: a lease that nobody renews."""
    alice = optimizer.user()
    job_id = (await alice("Optimize", **INLINE, wait_ms=10_000)).job_id
    await optimizer_store.pool.execute(LOSE, job_id)
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
        job_ids = [await alice.submitted(universe=big(optimizer_peers, 700)) for _ in range(2)]
        for job_id in job_ids:
            await until_progress(alice, job_id)
    for job_id in job_ids:
        ended = await alice.ended(job_id)
        assert (ended.state, ended.attempts) == (S.JOB_STATE_SUCCEEDED, 1)


# ---- Peers


def insufficient():
    violation = {"type": "SHORT_HISTORY", "subject": "S001", "description": "has 5 returns, needs 20"}
    return error_details_pb2.PreconditionFailure(violations=[violation])


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (refused(grpc.StatusCode.NOT_FOUND, "DATASET_NOT_FOUND"), "NOT_FOUND", "DATASET_NOT_FOUND"),
        (refused(grpc.StatusCode.NOT_FOUND, "INSTRUMENT_NOT_FOUND", metadata={"symbols": "KO"}), "NOT_FOUND",
         "INSTRUMENT_NOT_FOUND"),
        (refused(grpc.StatusCode.FAILED_PRECONDITION, "INSUFFICIENT_HISTORY", details=[insufficient()]),
         "FAILED_PRECONDITION", "INSUFFICIENT_HISTORY"),
        (refused(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"), "INVALID_ARGUMENT", "INVALID_REQUEST"),
        (refused(grpc.StatusCode.PERMISSION_DENIED, "SCOPE_MISSING", metadata={"scope": "read:marketdata"}),
         "PERMISSION_DENIED", "SCOPE_MISSING"),
        (refused(grpc.StatusCode.UNAVAILABLE), "UNAVAILABLE", "PEER_UNAVAILABLE"),
        (refused(grpc.StatusCode.INTERNAL), "INTERNAL", ""),
    ],
)  # fmt: skip
async def test_what_ml_refuses_is_told_in_our_own_words(alice, optimizer_peers, status, code, reason):
    optimizer_peers.ml.refusal = status
    told = await refusal(alice("Optimize", **INLINE))
    assert (told.code, told.reason) == (code, reason)


async def test_what_ml_names_is_named(alice, optimizer_peers):
    optimizer_peers.ml.refusal = refused(grpc.StatusCode.NOT_FOUND, "INSTRUMENT_NOT_FOUND", metadata={"symbols": "KO"})
    assert (await refusal(alice("Optimize", **INLINE))).metadata == {"symbols": "KO"}
    short = refused(grpc.StatusCode.FAILED_PRECONDITION, "INSUFFICIENT_HISTORY", details=[insufficient()])
    optimizer_peers.ml.refusal = short
    told = await refusal(alice("Solve", source={"universe": {"dataset": "prices"}}))
    assert told.conflicts == [("SHORT_HISTORY", "S001", "has 5 returns, needs 20")]


async def test_a_portfolio_service_that_is_down_is_told(alice, optimizer_peers):
    optimizer_peers.portfolio.refusal = refused(grpc.StatusCode.UNAVAILABLE)
    told = await refusal(alice("Optimize", portfolio_id=NOBODY_S))
    assert (told.code, told.reason, told.metadata) == ("UNAVAILABLE", "PEER_UNAVAILABLE", {"peer": "portfolio"})


# ---- Who may


async def test_without_a_token_or_its_scope_nothing_is_answered(optimizer, tokens):
    nobody = optimizer.user()
    nobody.metadata = ()
    assert (await refusal(nobody("ListOptimizations"))).reason == "UNAUTHENTICATED"
    nobody.metadata = tokens.metadata(scopes=("read:portfolio",))
    told = await refusal(nobody("ListOptimizations"))
    assert (told.code, told.reason, told.metadata) == (
        "PERMISSION_DENIED",
        "SCOPE_MISSING",
        {"scope": "run:optimization"},
    )


# ---- What is stored, what is counted


async def test_a_job_keeps_who_submitted_it_and_its_whole_problem(optimizer, optimizer_store):
    alice = optimizer.user(tier="premium")
    job_id = (await alice("Optimize", **INLINE, wait_ms=10_000)).job_id
    row = await optimizer_store.pool.fetchrow("SELECT principal, problem FROM optimizations WHERE id = $1", job_id)
    assert row["principal"]["tier"] == "premium"
    assert "run:optimization" in row["principal"]["scopes"]
    header = row["problem"][8 : 8 + int.from_bytes(row["problem"][4:8], "little")]
    assert json.loads(header)["moments"]["symbols"] == INLINE["universe"]


async def test_solves_are_counted_by_tier_kind_and_result(serve_optimizer):
    service = await serve_optimizer()
    alice = service.user(tier="premium")
    await alice("Solve", source=sent_along())
    await refusal(alice("Solve", source=sent_along(), constraints=TIGHT))
    await alice("SolveFrontier", source=sent_along(), points=2)
    labels = {"user_tier": "premium", "optimization_type": "sharpe"}
    assert service.value("portfolio_optimizations_total", **labels, result="success") == 1
    assert service.value("portfolio_optimizations_total", **labels, result="infeasible") == 1
    assert service.value("optimization_duration_seconds_count", optimization_type="frontier") == 1


async def test_the_event_loop_is_never_held_for_long(optimizer):
    """While big problems are solved, the loop goes on turning."""
    alice, loop = optimizer.user(), asyncio.get_running_loop()
    solving = asyncio.ensure_future(alice("Solve", source=sent_along(moments(300, 20, dense=True))))
    longest, last = 0.0, loop.time()
    while not solving.done():
        await asyncio.sleep(0)
        longest, last = max(longest, loop.time() - last), loop.time()
    await solving
    # The client's and the server's own encoding of 700 kB are on this loop too.
    assert longest < 0.25
