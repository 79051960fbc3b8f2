"""Universes of qpo.optimizer.v1: put once, named by many solves, kept for a while, and nobody else's."""

import asyncio
import os
import signal
import time

import pytest

from services.optimizer.adapters.solvers_processes import ProcessSolvers
from tests.optimizer.problems import moments
from tests.optimizer.served import refusal, sent_along
from tests.optimizer.standins import packed

UNKNOWN = "0f" * 32
DATASET = {"universe": {"dataset": "prices"}}


@pytest.fixture
def alice(optimizer):
    return optimizer.user()


def factor_model(of=None):
    """Moments in the request, as factors."""
    of = of or moments()
    factors = {
        "loadings": packed(of.covariance.loadings),
        "specific_variances": packed(of.covariance.specific[:, None]),
    }
    sent = {"symbols": of.symbols, "expected_returns": of.expected_returns, "factors": factors, "observations": 756}
    return {"moments": sent}


def untimed(found):
    """A result without what no two runs agree on."""
    found.elapsed_ms = 0
    found.phases_ms.clear()
    return found.SerializeToString(deterministic=True)


async def test_the_same_moments_have_the_same_id_whoever_puts_them(alice, optimizer):
    first = await alice("PutUniverse", source=factor_model())
    again = await optimizer.user()("PutUniverse", source=factor_model())
    assert first.universe_id == again.universe_id
    assert (first.assets, first.factors) == (12, 3)
    other = await alice("PutUniverse", source=factor_model(moments(seed=1)))
    assert other.universe_id != first.universe_id


@pytest.mark.parametrize("source", [sent_along(), factor_model(), DATASET], ids=["dense", "factors", "dataset"])
async def test_a_solve_that_names_a_universe_finds_what_one_with_its_moments_finds_to_the_byte(alice, source):
    put = await alice("PutUniverse", source=source)
    fields = {"goal": {"risk_free_rate": 0.01}, "constraints": {"default_bounds": {"max": 0.3}}}
    named = (await alice("Solve", source={"universe_id": put.universe_id}, **fields)).result
    along = (await alice("Solve", source=source, **fields)).result
    assert named.input_hash == along.input_hash
    assert untimed(named) == untimed(along)


async def test_a_frontier_may_name_a_universe(alice):
    put = await alice("PutUniverse", source=factor_model())
    named = await alice("SolveFrontier", source={"universe_id": put.universe_id}, points=5)
    assert named == await alice("SolveFrontier", source=factor_model(), points=5)


async def test_scenarios_may_come_beside_a_universe(alice):
    put = await alice("PutUniverse", source=factor_model())
    told = await refusal(
        alice("Solve", source={"universe_id": put.universe_id}, scenarios=packed([[0.01] * 11, [0.02] * 11]))
    )
    assert (told.reason, told.fields) == ("INVALID_REQUEST", ["scenarios"])


async def test_what_does_not_fit_a_universe_is_refused_by_field(alice):
    put = await alice("PutUniverse", source=factor_model())
    told = await refusal(alice("Solve", source={"universe_id": put.universe_id}, current_weights={"KO": 1}))
    assert (told.reason, told.fields) == ("INVALID_REQUEST", ['current_weights["KO"]'])


async def test_moments_that_are_none_are_not_kept(alice):
    broken = sent_along(symbols=["A", "B"], expected_returns=[1, 1], dense=packed([[1, 2], [2, 1]]))
    told = await refusal(alice("PutUniverse", source=broken))
    assert (told.reason, told.fields) == ("INVALID_REQUEST", ["source.moments.dense"])


@pytest.mark.parametrize("method", ["PutUniverse", "Solve", "SolveFrontier"])
async def test_another_user_s_universe_is_answered_as_one_that_is_not_there(alice, optimizer, method):
    put = await alice("PutUniverse", source=factor_model())
    mallory = optimizer.user()
    told = [await refusal(mallory(method, source={"universe_id": id})) for id in (put.universe_id, UNKNOWN)]
    assert {(each.code, each.reason) for each in told} == {("NOT_FOUND", "UNIVERSE_NOT_FOUND")}
    assert told[0].message.replace(put.universe_id, UNKNOWN) == told[1].message


async def test_a_result_that_is_kept_is_not_told_to_who_names_another_s_universe(alice, optimizer):
    """The owner's solve warms whatever is cached; the stranger is refused all the same."""
    put = await alice("PutUniverse", source=factor_model())
    await alice("Solve", source={"universe_id": put.universe_id})
    told = await refusal(optimizer.user()("Solve", source={"universe_id": put.universe_id}))
    assert told.reason == "UNIVERSE_NOT_FOUND"


async def test_to_put_a_universe_again_keeps_it_longer_and_never_shorter(alice):
    brief = await alice("PutUniverse", source=factor_model(), ttl_seconds=60)
    by_id = await alice("PutUniverse", source={"universe_id": brief.universe_id}, ttl_seconds=3600)
    by_moments = await alice("PutUniverse", source=factor_model(), ttl_seconds=60)
    assert by_id.universe_id == by_moments.universe_id == brief.universe_id
    assert (by_id.assets, by_id.factors) == (12, 3)
    assert brief.expires_at.seconds + 3000 < by_id.expires_at.seconds == by_moments.expires_at.seconds


async def test_a_universe_is_kept_for_a_day_unless_it_is_asked_otherwise(alice):
    put = await alice("PutUniverse", source=factor_model())
    assert put.expires_at.seconds == pytest.approx(time.time() + 86_400, abs=60)


async def test_what_is_kept_no_longer_is_gone_and_swept_away(alice, optimizer_store):
    put = await alice("PutUniverse", source=factor_model(moments(seed=9)))
    id = bytes.fromhex(put.universe_id)
    await optimizer_store.rows.execute("UPDATE universes SET expires_at = now() WHERE id = $1", id)
    told = await refusal(alice("PutUniverse", source={"universe_id": put.universe_id}))
    assert told.reason == "UNIVERSE_NOT_FOUND"
    again = await alice("PutUniverse", source=factor_model(moments(seed=9)))
    assert again.expires_at.seconds > put.expires_at.seconds - 5


async def test_one_user_keeps_no_more_than_is_allowed(serve_optimizer):
    alice = (await serve_optimizer(max_universes=2)).user()
    first, *_ = [await alice("PutUniverse", source=factor_model(moments(seed=seed))) for seed in range(2)]
    told = await refusal(alice("PutUniverse", source=factor_model(moments(seed=2))))
    assert (told.code, told.reason) == ("RESOURCE_EXHAUSTED", "TOO_MANY_UNIVERSES")
    assert told.metadata["limit"] == "2"
    assert (await alice("PutUniverse", source=factor_model(moments(seed=0)))).universe_id == first.universe_id


async def test_nor_more_bytes(serve_optimizer):
    alice = (await serve_optimizer(max_universe_bytes=1500)).user()
    await alice("PutUniverse", source=factor_model())
    told = await refusal(alice("PutUniverse", source=factor_model(moments(seed=1))))
    assert told.reason == "TOO_MANY_UNIVERSES"


async def test_a_worker_that_is_new_is_sent_the_universe(serve_optimizer):
    pool = ProcessSolvers(1, grace=0.3)
    pool.start()
    await pool.warm()
    try:
        alice = (await serve_optimizer(workers=pool)).user()
        put = await alice("PutUniverse", source=factor_model())
        before = (await alice("Solve", source={"universe_id": put.universe_id})).result
        os.kill(pool.pids[0], signal.SIGKILL)
        after = (await alice("Solve", source={"universe_id": put.universe_id}, stop={"gap_target": 2e-9})).result
        assert before.weights == after.weights
    finally:
        await pool.close()


async def test_many_solves_over_one_universe_at_once_agree(alice):
    put = await alice("PutUniverse", source=factor_model())
    answers = await asyncio.gather(*(alice("Solve", source={"universe_id": put.universe_id}) for _ in range(20)))
    assert len({untimed(answer.result) for answer in answers}) == 1
