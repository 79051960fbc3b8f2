"""ReplayRun of qpo.optimizer.v1: a job's problem solved again by real worker processes, also after a restart."""

from dataclasses import replace

import pytest
from qpo.optimizer.v1 import optimization_pb2

from services.optimizer.adapters.solvers_processes import ProcessSolvers
from services.optimizer.domain.records import from_bytes, to_bytes
from services.optimizer.domain.result import Optimum
from tests.optimizer.problems import moments
from tests.optimizer.served import INLINE, refusal

NOBODY_S = "01987f6c-0000-7000-8000-0000000000ff"
TIGHT = {"default_bounds": {"min": 0, "max": 0.05}}
READ = "SELECT result FROM optimizations WHERE id = $1"
WRITE = "UPDATE optimizations SET result = $2 WHERE id = $1"


@pytest.fixture
def alice(optimizer):
    return optimizer.user()


@pytest.fixture
async def job_id(alice):
    return (await alice("Optimize", **INLINE, wait_ms=10_000)).job_id


async def rewritten(store, job_id, change):
    """A job's stored result, changed."""
    found = from_bytes(Optimum, await store.rows.fetchval(READ, job_id))
    await store.rows.execute(WRITE, job_id, to_bytes(change(found)))


async def test_a_result_says_where_it_came_from(alice):
    found = (await alice("Optimize", **INLINE, wait_ms=10_000)).result
    assert found.run.input_hash == found.input_hash
    assert len(found.run.result_hash) == 64
    assert (found.run.data_cutoff.year, found.run.data_cutoff.month) == (2022, 12)
    assert {"qpo", "python", "numpy", "scipy", "numba", "clarabel"} <= set(found.run.versions)
    assert not found.run.non_replayable


async def test_equal_problems_have_equal_result_hashes_and_others_have_others(alice):
    ask = INLINE | {"wait_ms": 10_000}
    first, again = (await alice("Optimize", **ask)).result, (await alice("Optimize", **ask)).result
    other = (await alice("Optimize", **(ask | {"goal": {"objective": "OBJECTIVE_RISK"}}))).result
    assert first.run == again.run
    assert other.run.result_hash != first.run.result_hash


async def test_a_job_is_solved_again_to_the_byte(alice, job_id):
    answer = await alice("ReplayRun", job_id=job_id)
    original = (await alice("GetOptimizationResult", job_id=job_id)).result
    assert answer.identical
    assert answer.result_hash == answer.original_result_hash == original.run.result_hash
    assert answer.result.weights == original.weights
    assert answer.result.job_id == job_id
    assert not answer.differences


async def test_after_a_restart_new_processes_find_the_same(alice, job_id, serve_optimizer):
    workers = ProcessSolvers(1)
    workers.start()
    try:
        await workers.warm()
        restarted = await serve_optimizer(workers=workers)
        alice.channel = restarted.channel
        assert (await alice("ReplayRun", job_id=job_id)).identical
    finally:
        await workers.close()


async def test_an_answer_that_was_another_is_told_from_the_new_one(alice, job_id, optimizer_store):
    def moved(found):
        weights = found.solved.weights.copy()
        weights[3] += 1e-12
        return replace(found, solved=replace(found.solved, weights=weights, engine="another"))

    await rewritten(optimizer_store, job_id, moved)
    answer = await alice("ReplayRun", job_id=job_id)
    assert not answer.identical
    assert answer.result_hash != answer.original_result_hash
    assert [each.partition(":")[0] for each in answer.differences] == ["weights", "engine"]
    assert answer.differences[0].startswith("weights: most in S003, ")


async def test_a_run_that_the_clock_stopped_is_never_identical(alice, job_id, optimizer_store):
    await rewritten(
        optimizer_store, job_id, lambda found: replace(found, solved=replace(found.solved, clock_stopped=True))
    )
    answer = await alice("ReplayRun", job_id=job_id)
    assert not answer.identical
    assert answer.differences[0].startswith("non_replayable: the clock stopped the original")


async def test_a_job_without_a_result_is_refused_as_its_result_is(alice, optimizer_peers):
    failed = (await alice("Optimize", **INLINE, constraints=TIGHT, wait_ms=10_000)).job_id
    assert (await refusal(alice("ReplayRun", job_id=failed))).reason == "INFEASIBLE"
    optimizer_peers.ml.of = moments(1200, 30, dense=True)
    running = await alice.submitted(universe=list(optimizer_peers.ml.of.symbols))
    assert (await refusal(alice("ReplayRun", job_id=running))).reason == "NOT_FINISHED"
    await alice("CancelOptimization", job_id=running)
    assert (await alice.ended(running)).state == optimization_pb2.JOB_STATE_CANCELLED
    assert (await refusal(alice("ReplayRun", job_id=running))).reason == "CANCELLED"


async def test_another_s_job_is_replayed_no_more_than_one_that_does_not_exist(optimizer, job_id):
    bob = optimizer.user()
    for each in (job_id, NOBODY_S):
        told = await refusal(bob("ReplayRun", job_id=each))
        assert (told.code, told.reason) == ("NOT_FOUND", "JOB_NOT_FOUND")
