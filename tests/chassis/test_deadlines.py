import asyncio
import time

import grpc
import pytest
from grpc import StatusCode

from chassis import context
from tests.chassis.gadget import Workshop, gadget, streamed, unary, workshop
from tests.chassis.refusals import refused
from tests.fixtures.logs import captured

WRITER = ["write:gadget"]


async def for_ever(_):
    await asyncio.Event().wait()


async def test_a_caller_who_states_no_deadline_is_given_the_default(serve_in_process, tokens):
    shop = Workshop(for_ever)
    call = unary(await serve_in_process(workshop(shop), default_deadline=0.1))
    refusal = await refused(call(gadget(), metadata=tokens.metadata(scopes=WRITER)))
    assert refusal.code is StatusCode.DEADLINE_EXCEEDED
    assert shop.left.is_set()


async def test_a_call_that_computes_is_given_longer(serve_in_process, anyone):
    left = []

    async def look(request):
        left.append(context.deadline_remaining())
        return request

    channel = await serve_in_process(workshop(Workshop(look)), default_deadline=0.1, compute_deadline=7.0)
    await unary(channel, "ComputeGadget")(gadget(), metadata=anyone)
    assert 6.5 < left[0] <= 7.0


async def test_the_callers_deadline_ends_the_handler_too(serve_in_process, tokens):
    shop = Workshop(for_ever)
    call = unary(await serve_in_process(workshop(shop)))
    refusal = await refused(call(gadget(), metadata=tokens.metadata(scopes=WRITER), timeout=0.1))
    assert refusal.code is StatusCode.DEADLINE_EXCEEDED
    await asyncio.wait_for(shop.left.wait(), 2)


async def test_an_expired_call_is_noted_as_such(serve_in_process, tokens):
    shop = Workshop(for_ever)
    call = unary(await serve_in_process(workshop(shop), default_deadline=0.05))
    with captured() as logs:
        await refused(call(gadget(), metadata=tokens.metadata(scopes=WRITER)))
    assert [line["code"] for line in logs if line["event"] == "call"] == ["DEADLINE_EXCEEDED"]


async def test_code_knows_how_much_time_is_left(serve_in_process, tokens):
    left = []

    async def look(request):
        left.append(context.deadline_remaining())
        return request

    call = unary(await serve_in_process(workshop(Workshop(look)), default_deadline=7.0))
    await call(gadget(), metadata=tokens.metadata(scopes=WRITER))
    await call(gadget(), metadata=tokens.metadata(scopes=WRITER), timeout=3.0)
    assert 6.5 < left[0] <= 7.0
    assert 2.5 < left[1] < 3.2  # grpc rounds a timeout up on its way


async def test_a_timeout_inside_a_handler_is_not_the_callers_deadline(serve_in_process, tokens):
    async def slow_peer(_):
        async with asyncio.timeout(0.01):
            await asyncio.Event().wait()

    call = unary(await serve_in_process(workshop(Workshop(slow_peer))))
    refusal = await refused(call(gadget(), metadata=tokens.metadata(scopes=WRITER)))
    assert refusal.code is StatusCode.UNAVAILABLE


async def test_a_caller_who_goes_away_cancels_the_handler(serve_in_process, tokens):
    seen = []

    async def wait(_):
        ending = context.cancelled()
        assert not ending.is_set()
        try:
            await asyncio.Event().wait()
        finally:
            seen.append(ending.is_set())

    shop = Workshop(wait)
    call = unary(await serve_in_process(workshop(shop)))(gadget(), metadata=tokens.metadata(scopes=WRITER))
    waiting = asyncio.ensure_future(_ended(call))
    await shop.entered.wait()
    call.cancel()
    await waiting
    await asyncio.wait_for(shop.left.wait(), 2)
    assert seen == [True]


async def _ended(call):
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_whoever_waits_for_the_end_of_a_call_is_woken(serve_in_process, tokens):
    woken = asyncio.Event()

    async def leave_a_watcher(request):
        ending = context.cancelled()

        async def watch():
            await ending.wait()
            woken.set()

        leave_a_watcher.task = asyncio.create_task(watch())
        return request

    call = unary(await serve_in_process(workshop(Workshop(leave_a_watcher))))
    await call(gadget(), metadata=tokens.metadata(scopes=WRITER))
    await asyncio.wait_for(woken.wait(), 2)


async def test_a_finite_stream_has_a_default_deadline(serve_in_process, anyone):
    shop = Workshop()
    call = streamed(await serve_in_process(workshop(shop), watch_deadline=0.1))(gadget(), metadata=anyone)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in call:
            pass
    assert caught.value.code() is StatusCode.DEADLINE_EXCEEDED
    assert shop.left.is_set()


async def test_a_subscription_has_no_deadline_but_a_maximum_age(serve_in_process, anyone):
    seen = []

    class Endless(Workshop):
        async def subscribe_gadgets(self, request):
            seen.append((context.deadline_remaining(), context.max_age()))
            yield request

    channel = await serve_in_process(workshop(Endless()), default_deadline=0.1, watch_deadline=0.1)
    async for _ in streamed(channel, "SubscribeGadgets")(gadget(), metadata=anyone):
        pass
    assert seen == [(None, 900.0)]


async def test_a_subscription_that_forgets_its_age_is_ended_for_it(serve_in_process, anyone, monkeypatch):
    monkeypatch.setattr("chassis.house._AGE_GRACE", 0.0)
    channel = await serve_in_process(workshop(Workshop()), subscribe_max_age=0.1)
    started = time.monotonic()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in streamed(channel, "SubscribeGadgets")(gadget(), metadata=anyone):
            pass
    assert caught.value.code() is StatusCode.DEADLINE_EXCEEDED
    assert time.monotonic() - started < 5


def test_outside_of_a_call_nothing_limits_and_nobody_asks():
    assert context.deadline_remaining() is None
    assert context.max_age() is None
    assert context.access_token() is None
    assert context.method() == context.trace_id() == ""
    assert context.peer_metadata() == {}
    assert not context.cancelled().is_set()
    with pytest.raises(LookupError):
        context.principal()


async def test_a_job_works_on_behalf_of_whom_it_is_bound_to():
    with context.bound(access_token="t", deadline=5.0, method="job") as call:
        ending = context.cancelled()
        assert context.access_token() == "t"
        assert 4.0 < context.deadline_remaining() <= 5.0
        assert context.current() is call
        assert context.method() == "job"
    assert context.access_token() is None
    assert ending.is_set()


def test_a_job_without_a_loop_may_be_bound_too():
    with context.bound(deadline=None):
        assert context.deadline_remaining() is None
