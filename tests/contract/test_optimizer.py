"""qpo.optimizer.v1 over a real server, PostgreSQL, worker processes and stand-ins of its peers; jobs stand beside."""

import asyncio
import json
from dataclasses import replace

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2
from qpo.types.v1 import mandate_pb2

from tests.optimizer.problems import moments
from tests.optimizer.served import INLINE, refusal, sent_along
from tests.optimizer.standins import packed, refused

NOBODY_S = "01987f6c-0000-7000-8000-0000000000ff"
TIGHT = {"default_bounds": {"min": 0, "max": 0.05}}


@pytest.fixture
def alice(optimizer):
    return optimizer.user()


def long_lasting():
    """A ratio over a dense covariance of 1,000 assets, long and short, which takes a second or more."""
    long_short = {"default_bounds": {"min": -0.1, "max": 0.1}}
    return {"source": sent_along(moments(1000, 30, dense=True)), "constraints": long_short}


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
    assert (found.engine, found.observations, found.job_id) == ("dual_newton", 756, "")
    assert (found.turnover, found.non_replayable) == (pytest.approx(0.5), False)
    assert len(found.input_hash) == 64


async def test_equal_solves_agree_to_the_byte_but_for_their_time(alice):
    first, second = [(await alice("Solve", source=sent_along())).result for _ in range(2)]
    for found in (first, second):
        found.elapsed_ms = 0
        found.phases_ms.clear()
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


async def test_the_form_of_a_covariance_is_left_to_ml(alice, optimizer_peers):
    universe = {"dataset": "prices", "estimation": {"covariance": "COVARIANCE_METHOD_PCA_FACTORS"}}
    await alice("Solve", source={"universe": universe}, goal={"objective": "OBJECTIVE_RISK"})
    assert optimizer_peers.ml.requests[0].form == 0
    assert not optimizer_peers.ml.requests[0].with_scenarios


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
    assert told.metadata["mend"] == "any one of them"
    assert set(told.metadata["contradiction"].split(", ")) == {
        "constraints.groups[technology].max",
        "constraints.bounds[S000].min",
        "constraints.default_bounds.min",
    }
    assert told.metadata["relaxation"] == "constraints.groups[technology].max = 0.2"


async def test_a_contradiction_of_many_limits_is_told_by_some_of_them(alice):
    bounds = {symbol: {"min": 0, "max": 0.01} for symbol in moments(60).symbols}
    told = await refusal(alice("Solve", source=sent_along(moments(60, dense=True)), constraints={"bounds": bounds}))
    assert told.reason == "INFEASIBLE"
    named = told.metadata["contradiction"].split(", ")
    assert (len(named), named[-1]) == (6, "56 more")
    assert len(told.conflicts) == 20
    assert "and 56 more contradict each other" in told.message


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


async def test_a_hundred_thousand_assets_are_refused_before_anything_is_made_of_them(alice):
    count = 100_000
    factors = {"loadings": packed(np.zeros((count, 10))), "specific_variances": packed(np.ones((count, 1)))}
    many = {"symbols": [f"S{number:06d}" for number in range(count)], "expected_returns": np.zeros(count)}
    told = await refusal(alice("Solve", source={"moments": many | {"factors": factors}}))
    assert (told.code, told.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert "source.moments.symbols" in told.fields


async def test_a_factor_model_of_3000_assets_and_50_factors_fits_a_message(alice):
    """1.2 MB of loadings, packed."""
    found = (await alice("Solve", source=sent_along(moments(3000, 50)), goal={"objective": "OBJECTIVE_RISK"})).result
    assert sum(found.weights.values()) == pytest.approx(1, abs=1e-9)
    assert found.gap <= 1e-9


async def test_a_time_budget_ends_a_solve(alice):
    told = await refusal(alice("Solve", **long_lasting(), stop={"time_budget_ms": 30}))
    assert (told.code, told.reason) == ("DEADLINE_EXCEEDED", "OUT_OF_TIME")


async def test_the_deadline_of_the_call_reaches_the_solver(optimizer, solvers):
    """The worker is free again although nobody set a time budget."""
    alice = optimizer.user()
    told = await refusal(alice("Solve", deadline=0.3, **long_lasting()))
    assert told.code == "DEADLINE_EXCEEDED"
    await asyncio.gather(*(alice("Solve", source=sent_along()) for _ in range(4)))


async def test_a_caller_who_goes_away_frees_the_worker(optimizer):
    alice = optimizer.user()
    calls = [asyncio.ensure_future(alice("Solve", **long_lasting())) for _ in range(2)]
    await asyncio.sleep(0.3)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    await asyncio.wait_for(alice("Solve", source=sent_along()), 5)


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
    row = await optimizer_store.rows.fetchrow("SELECT principal, problem FROM optimizations WHERE id = $1", job_id)
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


async def test_an_engine_that_gives_up_is_named_and_counted(serve_optimizer):
    """Without specific variance a weight is not determined by the factors' prices: another engine is asked."""
    service = await serve_optimizer()
    of = moments()
    bare = replace(of, covariance=replace(of.covariance, specific=np.zeros(12)))
    found = (await service.user()("Solve", source=sent_along(bare), goal={"objective": "OBJECTIVE_RISK"})).result
    assert (found.engine, [each.partition(":")[0] for each in found.fallbacks]) == ("piqp", ["dual_newton"])
    assert service.value("optimization_engine_answers_total", engine="piqp") == 1
    assert service.value("optimization_engine_fallbacks_total", engine="dual_newton") == 1


async def test_trades_and_their_costs_are_told(alice):
    held = {"S000": 0.5, "S001": 0.5}
    costs = {"commission": 0.001, "half_spread": 0.0005}
    goal = {"objective": "OBJECTIVE_UTILITY", "risk_aversion": 3}
    found = (await alice("Solve", source=sent_along(), goal=goal, current_weights=held, costs=costs)).result
    moved = {each.symbol: each.to - getattr(each, "from") for each in found.trades}
    assert sum(abs(change) for change in moved.values()) == pytest.approx(2 * found.turnover, abs=1e-7)
    assert found.cost.commission == pytest.approx(0.001 * 2 * found.turnover, rel=1e-6)
    assert found.cost.trading == pytest.approx(found.cost.commission + found.cost.spread)
    assert sum(each.cost.trading for each in found.trades) == pytest.approx(found.cost.trading, rel=1e-6)
    assert [abs(moved[each.symbol]) for each in found.trades] == sorted(map(abs, moved.values()), reverse=True)
    assert max(found.kkt.primal, found.kkt.dual, found.kkt.complementarity) < 1e-9


async def test_least_cvar_is_found_over_scenarios_that_come_along(alice):
    returns = np.random.default_rng(1).normal(0.0004, 0.01, (400, 12))
    asked = {"goal": {"objective": "OBJECTIVE_CVAR", "cvar_confidence": 0.9}, "scenarios": packed(returns)}
    found = (await alice("Solve", source=sent_along(), **asked)).result
    losses = np.sort(-returns @ np.array([found.weights[symbol] for symbol in moments().symbols]))[::-1]
    assert found.cvar == pytest.approx(losses[:40].mean(), abs=1e-9)
    assert found.objective == pytest.approx(found.cvar, abs=1e-12)
    assert found.engine == "scenario_generation"


async def test_a_cvar_without_scenarios_is_refused_by_field(alice):
    told = await refusal(alice("Solve", source=sent_along(), goal={"objective": "OBJECTIVE_CVAR"}))
    assert (told.code, told.fields) == ("INVALID_ARGUMENT", ["scenarios"])


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
