"""SolveBatch of qpo.optimizer.v1: many portfolios in frames, each frame answered once, each failure by itself."""

import asyncio
import os
import signal

import grpc
import numpy as np
import pytest
from qpo.optimizer.v1 import batch_pb2 as pb
from qpo.optimizer.v1 import optimizer_service_pb2 as service_pb
from qpo.optimizer.v1.optimizer_service_pb2_grpc import OptimizerServiceStub

from services.optimizer.adapters.solvers_processes import ProcessSolvers
from tests.contract.test_optimizer_universes import factor_model
from tests.optimizer.problems import moments
from tests.optimizer.served import refusal, sent_along

ASSETS = 12
UTILITY = {"objective": "OBJECTIVE_UTILITY", "risk_aversion": 5}
LIMITS = {"groups": [{"name": "technology", "symbols": list(moments().symbols[:5]), "max": 0.6}]}
WIDE = moments(400, 20)


@pytest.fixture
def alice(optimizer):
    return optimizer.user()


async def header(user, source=None, **fields):
    """The first message over a universe that the user has put."""
    put = await user("PutUniverse", source=source or factor_model())
    shared = {"universe_id": put.universe_id, "goal": UTILITY, "constraints": LIMITS} | fields
    return service_pb.SolveBatchRequest(header=shared)


def frame(id, count=3, assets=ASSETS, **fields):
    """Portfolios whose tilts follow from the frame's id."""
    tilts = np.random.default_rng(id).normal(0, 0.03, (count, assets))
    sent = {"frame_id": id, "count": count, "mu_tilts": packed(tilts)} | fields
    return service_pb.SolveBatchRequest(frame=sent)


def packed(values):
    return np.asarray(values, "<f8").tobytes()


def numbers(data, *shape):
    return np.frombuffer(data, "<f8").reshape(shape or -1)


# A client that writes nothing: refused before its first message, grpc.aio would tell its own failed write.
SILENT = None


def opened(user, requests, deadline=30):
    """A stream of these requests."""
    return OptimizerServiceStub(user.channel).SolveBatch(requests, metadata=user.metadata, timeout=deadline)


async def answered(user, *requests):
    """Every answer to these requests."""

    async def sent():
        for request in requests:
            yield request

    return [answer async for answer in opened(user, sent())]


async def ended(answers):
    """What a stream told before it was refused; awaits its end."""
    told = []

    async def read():
        async for answer in answers:
            told.append(answer)

    return told, await refusal(read())


async def streamed(user, *requests):
    async def sent():
        for request in requests:
            yield request

    return await ended(opened(user, sent()))


async def test_a_batch_finds_what_single_solves_find(alice):
    first = await header(alice)
    names, aversions = ["one", "two", "three"], packed([2.0, 5.0, 20.0])
    [answer] = await answered(alice, first, frame(7, risk_aversions=aversions, portfolio_ids=names))
    assert (answer.frame_id, answer.count, list(answer.portfolio_ids)) == (7, 3, names)
    assert list(answer.outcomes) == [pb.BATCH_OUTCOME_SOLVED] * 3
    weights, tilts = numbers(answer.weights, 3, ASSETS), np.random.default_rng(7).normal(0, 0.03, (3, ASSETS))
    for index, aversion in enumerate((2.0, 5.0, 20.0)):
        source = factor_model()
        source["moments"]["expected_returns"] = moments().expected_returns + tilts[index]
        goal = {"objective": "OBJECTIVE_UTILITY", "risk_aversion": aversion}
        alone = (await alice("Solve", source=source, goal=goal, constraints=LIMITS)).result
        assert numbers(answer.objectives)[index] == pytest.approx(alone.objective, abs=1e-9)
        assert numbers(answer.bounds)[index] == pytest.approx(alone.bound, abs=1e-9)
        assert weights[index] == pytest.approx([alone.weights[symbol] for symbol in moments().symbols], abs=1e-8)
    assert max(numbers(answer.residuals)) <= 1e-9
    assert all(iterations > 0 for iterations in answer.iterations)


async def test_frames_are_answered_in_their_order_however_long_each_takes(alice):
    first = await header(alice)
    sizes = [300, 1, 200, 1, 100, 1, 1, 1]
    answers = await answered(alice, first, *(frame(id, count) for id, count in enumerate(sizes)))
    assert [(answer.frame_id, answer.count) for answer in answers] == list(enumerate(sizes))


async def test_or_as_they_are_solved_each_once(alice):
    first = await header(alice, order="BATCH_ORDER_AS_COMPLETED", omit_weights=True)
    ordered = await header(alice)
    frames = [frame(id, 20) for id in range(12)]
    answers = {answer.frame_id: answer for answer in await answered(alice, first, *frames)}
    assert sorted(answers) == list(range(12))
    for wanted in await answered(alice, ordered, *frames):
        assert answers[wanted.frame_id].objectives == wanted.objectives
        assert answers[wanted.frame_id].weights == b""


async def test_a_stream_without_frames_ends_without_answers(alice):
    assert await answered(alice, await header(alice)) == []


async def test_an_answer_comes_before_the_next_frame_is_sent(alice):
    first, reading = await header(alice), asyncio.Event()

    async def sent():
        yield first
        for id in range(3):
            reading.clear()
            yield frame(id)
            await reading.wait()

    told = []
    async for answer in opened(alice, sent()):
        told.append(answer.frame_id)
        reading.set()
    assert told == [0, 1, 2]


async def test_bad_portfolios_fail_alone_with_their_reasons(alice):
    first = await header(alice)
    caps, tilts = packed([0.5, 0.05, 0.5, 0.5]), np.zeros((4, ASSETS))
    tilts[3, 5] = np.nan
    names = ["fine", "tight", "also fine", "broken"]
    sent = frame(1, 4, caps=caps, mu_tilts=packed(tilts), portfolio_ids=names)
    bad, good = await answered(alice, first, sent, frame(2))
    S = pb
    assert list(bad.outcomes) == [
        S.BATCH_OUTCOME_SOLVED,
        S.BATCH_OUTCOME_INFEASIBLE,
        S.BATCH_OUTCOME_SOLVED,
        S.BATCH_OUTCOME_INVALID,
    ]
    assert [(failure.index, failure.portfolio_id) for failure in bad.failures] == [(1, "tight"), (3, "broken")]
    assert "no weights satisfy the constraints" in bad.failures[0].description
    assert bad.failures[1].description == "mu_tilts: must be finite: replace NaN and infinity"
    assert np.isnan(numbers(bad.weights, 4, ASSETS)).all(axis=1).tolist() == [False, True, False, True]
    assert list(good.outcomes) == [S.BATCH_OUTCOME_SOLVED] * 3


@pytest.mark.parametrize(
    ("fields", "field", "mend"),
    [
        ({"mu_tilts": b"123"}, "frame.mu_tilts", "frame 2: send no bytes or 8 × 3 × 12 = 288, not 3"),
        ({"risk_aversions": packed([1.0])}, "frame.risk_aversions", "frame 2: send no bytes or 8 × 3 = 24, not 8"),
        ({"row_caps": packed(range(6))}, "frame.row_caps", "frame 2: send no bytes or 8 × 3 × 1 = 24, not 48"),
        ({"portfolio_ids": ["one"]}, "frame.portfolio_ids", "frame 2: send none or 3, not 1"),
        ({"count": 90_000}, "frame.count", "frame 2: send 1 to 83333 portfolios of 12 assets in a frame, not 90000"),
    ],
)  # fmt: skip
async def test_a_frame_that_does_not_fit_ends_the_stream_behind_the_answers_before_it(alice, fields, field, mend):
    told, refused = await streamed(alice, await header(alice), frame(1), frame(2, **fields), frame(3))
    assert [answer.frame_id for answer in told] == [1]
    assert (refused.code, refused.reason, refused.fields) == ("INVALID_ARGUMENT", "INVALID_REQUEST", [field])
    assert mend in refused.message


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"goal": {"objective": "OBJECTIVE_SHARPE"}}, "header.goal.objective"),
        ({"constraints": {"max_tracking_error": 0.1}}, "header.constraints.max_tracking_error"),
        ({"constraints": {"bounds": {"KO": {"max": 1}}}}, 'header.constraints.bounds["KO"]'),
        ({"source": sent_along(moments(130, 5, dense=True)), "constraints": {}}, "header.universe_id"),
    ],
)  # fmt: skip
async def test_a_header_that_does_not_fit_is_refused_by_field(alice, fields, field):
    told, refused = await streamed(alice, await header(alice, **fields), frame(1))
    assert (told, refused.reason) == ([], "INVALID_REQUEST")
    assert field in refused.fields


async def test_what_a_goal_does_not_look_at_is_refused(alice):
    first = await header(alice, goal={"objective": "OBJECTIVE_RISK"})
    told, refused = await streamed(alice, first, frame(1))
    assert (told, refused.fields) == ([], ["frame.mu_tilts"])
    [answer] = await answered(alice, first, frame(1, mu_tilts=b"", caps=packed([0.2, 0.3, 0.4])))
    assert list(numbers(answer.objectives)) == sorted(numbers(answer.objectives), reverse=True)


async def test_a_stream_is_one_header_and_then_frames(alice):
    first = await header(alice)
    for requests in ([frame(1)], [first, first], []):
        told, refused = await streamed(alice, *requests)
        assert (told, refused.reason, refused.fields) == ([], "INVALID_REQUEST", ["header"])


async def test_another_user_s_universe_is_answered_as_one_that_is_not_there(alice, optimizer):
    first = await header(alice)
    told, refused = await streamed(optimizer.user(), first, frame(1))
    assert (told, refused.code, refused.reason) == ([], "NOT_FOUND", "UNIVERSE_NOT_FOUND")


async def test_a_call_without_the_scope_is_refused(optimizer, tokens):
    nobody = optimizer.user()
    nobody.metadata = tokens.metadata("01987f6c-0000-7000-8000-0000000000aa", ("read:portfolio",))
    told, refused = await ended(opened(nobody, SILENT))
    assert (told, refused.reason) == ([], "SCOPE_MISSING")


async def endless(first, assets=400, count=200):
    yield first
    for id in range(100_000):
        yield frame(id, count, assets)


async def wide(user):
    """The header of a universe whose frames take a while."""
    return await header(user, factor_model(WIDE), constraints={})


async def test_a_client_that_goes_away_frees_the_workers(alice):
    stream = opened(alice, endless(await wide(alice)))
    await anext(aiter(stream))
    stream.cancel()
    with pytest.raises(asyncio.CancelledError):
        await anext(aiter(stream))
    await asyncio.wait_for(alice("Solve", source=factor_model()), 5)


async def test_a_client_that_does_not_read_is_soon_not_read_from(alice):
    """What waits is bounded: the client's own sending comes to a stop."""
    sent, first = [], await wide(alice)

    async def counted():
        async for request in endless(first):
            sent.append(request)
            yield request

    stream = opened(alice, counted())
    await anext(aiter(stream))
    before = -1
    while before != len(sent):
        before = len(sent)
        await asyncio.sleep(1.0)
    assert len(sent) < 100
    stream.cancel()


async def test_the_deadline_of_the_call_ends_a_stream_and_frees_the_workers(alice):
    """Both workers have minutes to do; the client has fallen SILENT, or it might tell a failed write."""
    infeasible = await header(alice, constraints={"max_turnover": 0.3})  # some 10 ms each

    async def sent():
        yield infeasible
        for id in range(2):
            yield frame(id, 80_000, mu_tilts=b"", risk_aversions=packed(np.linspace(1, 50, 80_000)))
        await asyncio.Event().wait()

    told, refused = await ended(opened(alice, sent(), deadline=0.5))
    assert (told, refused.code) == ([], "DEADLINE_EXCEEDED")
    await asyncio.wait_for(alice("Solve", source=factor_model()), 5)


async def test_a_frame_whose_worker_is_lost_is_solved_by_another(serve_optimizer):
    pool = ProcessSolvers(1, grace=0.3)
    pool.start()
    await pool.warm()
    try:
        alice = (await serve_optimizer(workers=pool)).user()
        first = await wide(alice)
        frames = [frame(id, 400, 400) for id in range(6)]
        wanted = await answered(alice, first, *frames)

        async def sent():
            yield first
            for each in frames:
                yield each

        told, stream = [], opened(alice, sent())
        async for answer in stream:
            told.append(answer)
            if len(told) == 1:
                os.kill(pool.pids[0], signal.SIGKILL)
        assert told == wanted
        assert await stream.code() == grpc.StatusCode.OK
    finally:
        await pool.close()


async def test_frames_are_counted_as_solves_are(optimizer):
    alice = optimizer.user()
    await answered(alice, await header(alice), frame(1), frame(2))
    count = optimizer.value("optimization_duration_seconds_count", optimization_type="batch")
    assert count == 2
