import asyncio
import contextlib
import time

import grpc
import pytest
from grpc import StatusCode
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis import serve
from chassis.calls import Calls
from chassis.serve import Server
from tests.chassis.gadget import Workshop, gadget, streamed, unary, workshop
from tests.chassis.refusals import refused
from tests.fixtures.serving import service_settings

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture
def shop() -> Workshop:
    async def wait(request):
        await shop.may_go_on.wait()
        return request

    shop = Workshop(wait)
    return shop


@pytest.fixture
async def server(shop, tokens):
    server = Server(service_settings(), [workshop(shop)], tokens.keys)
    yield server
    await server.stop(0)


@pytest.fixture
async def address(server):
    port = await server.start()
    await server.open()
    return f"127.0.0.1:{port}"


@pytest.fixture
async def channel(address):
    async with grpc.aio.insecure_channel(address) as channel:
        yield channel


async def test_a_call_in_flight_is_finished_and_a_new_one_is_unavailable(server, shop, address, tokens):
    metadata = tokens.metadata(scopes=["write:gadget"])
    async with grpc.aio.insecure_channel(address) as channel, grpc.aio.insecure_channel(address) as another:
        running = asyncio.ensure_future(_answer(unary(channel)(gadget("kept"), metadata=metadata)))
        await shop.entered.wait()
        stopping = asyncio.ensure_future(server.stop(5))
        async for status in server.health.statuses(""):
            if status == NOT_SERVING:
                break
        assert (await refused(unary(another)(gadget(), metadata=metadata))).code is StatusCode.UNAVAILABLE
        shop.may_go_on.set()
        assert (await running).name == "kept"
    await asyncio.wait_for(stopping, 2)


async def _answer(call):
    return await call


async def test_a_call_that_outlasts_the_grace_is_cancelled(server, shop, channel, tokens):
    running = unary(channel)(gadget(), metadata=tokens.metadata(scopes=["write:gadget"]))
    failing = asyncio.ensure_future(refused(running))
    await shop.entered.wait()
    await server.stop(0.1)
    assert (await failing).code in (StatusCode.UNAVAILABLE, StatusCode.CANCELLED)
    assert shop.left.is_set()


async def test_a_subscriber_is_sent_away_at_once_and_told_why(server, shop, channel, anyone):
    call = streamed(channel, "SubscribeGadgets")(gadget(), metadata=anyone)
    assert await call.read() == gadget()
    await asyncio.wait_for(server.stop(30), 5)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    assert caught.value.code() is StatusCode.UNAVAILABLE
    assert "resume" in caught.value.details()
    assert shop.left.is_set()


async def test_health_is_told_per_service_and_for_the_whole_server(channel):
    health = health_pb2_grpc.HealthStub(channel)
    for name in ("", "qpo.gadget.v1.GadgetService"):
        answer = await health.Check(health_pb2.HealthCheckRequest(service=name))
        assert answer.status == SERVING
    refusal = await refused(health.Check(health_pb2.HealthCheckRequest(service="qpo.other.v1.OtherService")))
    assert refusal.code is StatusCode.NOT_FOUND
    listed = await health.List(health_pb2.HealthListRequest())
    assert set(listed.statuses) == {"", "qpo.gadget.v1.GadgetService"}


async def test_before_it_is_open_a_server_is_not_serving(tokens):
    server = Server(service_settings(), [workshop(Workshop())], tokens.keys)
    port = await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
    assert answer.status == NOT_SERVING
    await server.stop(0)


async def test_a_health_watcher_sees_the_drain_and_does_not_hold_it_up(server, channel):
    watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
    assert (await watch.read()).status == SERVING
    stopping = asyncio.ensure_future(server.stop(30))
    assert (await watch.read()).status == NOT_SERVING
    assert await watch.read() is grpc.aio.EOF
    await asyncio.wait_for(stopping, 5)


async def test_a_server_that_leaves_says_so_and_takes_calls_all_the_same(server, shop, channel, tokens):
    health = health_pb2_grpc.HealthStub(channel)
    watch = health.Watch(health_pb2.HealthCheckRequest())
    assert (await watch.read()).status == SERVING
    await server.leave()
    assert (await watch.read()).status == NOT_SERVING
    assert (await health.Check(health_pb2.HealthCheckRequest())).status == NOT_SERVING
    shop.may_go_on.set()
    answer = await unary(channel)(gadget("late"), metadata=tokens.metadata(scopes=["write:gadget"]))
    assert answer.name == "late"
    # The watch is not ended by it: who balances over replicas would ask again and again.
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(watch.read(), 0.2)


async def test_of_a_server_that_left_calls_that_were_on_their_way_are_answered_however_late_they_are_read(
    server, shop, address, tokens
):
    metadata = tokens.metadata(scopes=["write:gadget"])
    async with grpc.aio.insecure_channel(address) as channel, grpc.aio.insecure_channel(address) as another:
        running = asyncio.ensure_future(_answer(unary(channel)(gadget("first"), metadata=metadata)))
        await shop.entered.wait()
        await server.leave()
        stopping = asyncio.ensure_future(server.stop(5))
        await asyncio.sleep(0.3)
        late = asyncio.ensure_future(_answer(unary(another)(gadget("late"), metadata=metadata)))
        shop.may_go_on.set()
        assert (await running).name == "first"
        assert (await late).name == "late"
    await asyncio.wait_for(stopping, 4)


@pytest.fixture
def draining(server, monkeypatch):
    """Set once the server takes no new calls."""
    begun, drain = asyncio.Event(), server._calls.drain

    def drained():
        drain()
        begun.set()

    monkeypatch.setattr(server._calls, "drain", drained)
    return begun


async def test_of_a_server_that_left_a_long_call_is_finished_and_keeps_no_door_open_for_new_ones(
    server, draining, channel, tokens, shop, monkeypatch
):
    monkeypatch.setattr(serve, "_QUIET", 0.1)
    metadata = tokens.metadata(scopes=["write:gadget"])
    watch = streamed(channel)(gadget("long"), metadata=metadata)
    assert (await watch.read()).name == "long"
    await server.leave()
    stopping = asyncio.ensure_future(server.stop(30))
    await asyncio.wait_for(draining.wait(), 5)
    assert (await refused(unary(channel)(gadget("new"), metadata=metadata))).code is StatusCode.UNAVAILABLE
    shop.may_go_on.set()
    assert (await watch.read()).name == "long"
    assert await watch.read() is grpc.aio.EOF
    await asyncio.wait_for(stopping, 5)


async def test_of_a_server_that_left_whoever_never_stops_calling_is_refused_in_the_end(
    server, draining, channel, tokens, shop, monkeypatch
):
    monkeypatch.setattr(serve, "_LAST", 0.5)
    metadata = tokens.metadata(scopes=["write:gadget"])
    monkeypatch.setattr(serve, "_QUIET", 60.0)  # as if there were always one more on its way
    shop.may_go_on.set()
    await server.leave()
    stopping = asyncio.ensure_future(server.stop(30))
    assert await unary(channel)(gadget("new"), metadata=metadata) == gadget("new")
    await asyncio.wait_for(draining.wait(), 5)
    assert (await refused(unary(channel)(gadget("new"), metadata=metadata))).code is StatusCode.UNAVAILABLE
    await asyncio.wait_for(stopping, 5)


async def test_last_calls_and_those_in_hand_have_one_grace_together(server, channel, anyone, monkeypatch):
    grace = 1.5
    monkeypatch.setattr(serve, "_LAST", 60.0)
    monkeypatch.setattr(serve, "_QUIET", 60.0)
    watch = streamed(channel)(gadget(), metadata=anyone)
    assert await watch.read() == gadget()
    await server.leave()
    async with asyncio.timeout(2 * grace):
        await server.stop(grace)


async def test_a_loop_that_was_held_up_does_not_take_that_for_silence():
    calls = Calls()
    quiet = asyncio.ensure_future(calls.quiet(0.1))
    await asyncio.sleep(0)
    time.sleep(0.2)  # noqa: ASYNC251 - nobody was listened to meanwhile
    await asyncio.sleep(0.001)
    assert not quiet.done()
    await asyncio.wait_for(quiet, 5)


async def test_of_a_server_that_left_an_endless_stream_is_sent_away_and_none_begins(server, shop, channel, anyone):
    call = streamed(channel, "SubscribeGadgets")(gadget(), metadata=anyone)
    assert await call.read() == gadget()
    await server.leave()
    stopping = asyncio.ensure_future(server.stop(30))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    assert caught.value.code() is StatusCode.UNAVAILABLE
    with pytest.raises(grpc.aio.AioRpcError) as refused_:
        await streamed(channel, "SubscribeGadgets")(gadget(), metadata=anyone).read()
    assert refused_.value.code() is StatusCode.UNAVAILABLE
    await asyncio.wait_for(stopping, 5)


async def test_a_health_watcher_of_an_unknown_service_is_told_so(channel):
    watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service="nobody"))
    assert (await watch.read()).status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
    watch.cancel()


async def test_a_server_that_drains_does_not_open_again(server, address):
    await server.health.drain()
    await server.open()
    assert server.health.status("") == NOT_SERVING


async def test_a_server_that_never_started_stops(tokens):
    await Server(service_settings(), [workshop(Workshop())], tokens.keys).stop(0)


async def test_a_job_that_loses_its_cancellation_is_cancelled_again(monkeypatch):
    monkeypatch.setattr(serve, "_AGAIN", 0.01)

    async def work():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    job = asyncio.create_task(work())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await serve._ended([job])
    assert job.cancelled()


async def test_a_taken_port_is_not_shared_silently(address, tokens):
    port = int(address.rpartition(":")[2])
    second = Server(service_settings(port=port), [workshop(Workshop())], tokens.keys)
    with pytest.raises(RuntimeError, match="bind"):
        await second.start()


async def test_a_connection_may_be_given_a_maximum_age(shop, tokens):
    server = Server(service_settings(max_connection_age=0.2), [workshop(shop)], tokens.keys)
    port = await server.start()
    shop.may_go_on.set()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        await channel.channel_ready()
        state = grpc.ChannelConnectivity.READY
        await asyncio.wait_for(channel.wait_for_state_change(state), 5)
        assert await unary(channel)(gadget(), metadata=tokens.metadata(scopes=["write:gadget"])) == gadget()
    await server.stop(0)
