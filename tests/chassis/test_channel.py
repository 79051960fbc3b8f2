import asyncio
import time

import grpc
import pytest
from grpc import StatusCode

from chassis import context
from chassis.channel import open_channel
from chassis.serve import Server
from tests.chassis.gadget import Workshop, gadget, ingested, streamed, traded, unary, workshop
from tests.chassis.refusals import refused
from tests.fixtures.serving import service_settings


@pytest.fixture
def seen() -> dict:
    return {}


@pytest.fixture
async def peer(tokens, seen):
    """A channel of ours to a workshop that notes what reached it."""

    async def note(request):
        seen.update(left=context.deadline_remaining(), token=context.access_token(), headers=context.peer_metadata())
        if request.name == "wait":
            await asyncio.Event().wait()
        return request

    server = Server(service_settings(), [workshop(Workshop(note))], tokens.keys)
    port = await server.start()
    async with open_channel(f"127.0.0.1:{port}", default_deadline=8.0) as channel:
        yield channel
    await server.stop(0)


async def test_the_callers_token_goes_along(peer, tokens, seen):
    token = tokens.mint("u-1", scopes=["write:gadget"])
    with context.bound(access_token=token):
        await unary(peer)(gadget())
    assert seen["token"] == token


async def test_an_inner_call_is_not_counted_against_its_caller(tokens):
    server = Server(service_settings(limit_writes="1 per hour"), [workshop(Workshop())], tokens.keys)
    address = f"127.0.0.1:{await server.start()}"
    async with open_channel(address) as channel, grpc.aio.insecure_channel(address) as foreign:
        with context.bound(access_token=tokens.mint("u-1", scopes=["write:gadget"])):
            for _ in range(5):
                await unary(channel)(gadget())
        await unary(foreign)(gadget(), metadata=tokens.metadata("u-1", scopes=["write:gadget"]))
        refusal = await refused(unary(foreign)(gadget(), metadata=tokens.metadata("u-1", scopes=["write:gadget"])))
    assert refusal.code is StatusCode.RESOURCE_EXHAUSTED
    await server.stop(0)


async def test_outside_of_a_call_no_token_is_made_up(peer):
    assert (await refused(unary(peer)(gadget()))).code is StatusCode.UNAUTHENTICATED


async def test_credentials_do_not_show_among_the_headers(peer, tokens, seen):
    await unary(peer, "ReadGadget")(gadget(), metadata=(("x-kept", "1"), ("x-raw-bin", b"\x00"), *tokens.metadata()))
    assert seen["headers"]["x-kept"] == "1"
    assert "authorization" not in seen["headers"]
    assert "x-raw-bin" not in seen["headers"]


@pytest.mark.parametrize(
    ("left", "asked", "given"),
    [(None, None, 8.0), (3.0, None, 3.0), (3.0, 1.0, 1.0), (1.0, 3.0, 1.0), (60.0, None, 8.0)],
)
async def test_an_inner_call_is_given_the_least_of_what_is_left_and_what_is_asked(peer, seen, left, asked, given):
    with context.bound(deadline=left):
        await unary(peer, "ReadGadget")(gadget(), timeout=asked)
    assert given - 0.5 < seen["left"] < given + 0.2  # grpc rounds a timeout up on its way


async def test_when_the_time_is_used_up_an_inner_call_fails_at_once(peer):
    with context.bound(deadline=0.0):
        started = time.monotonic()
        refusal = await refused(unary(peer, "ReadGadget")(gadget("wait")))
    assert refusal.code is StatusCode.DEADLINE_EXCEEDED
    assert time.monotonic() - started < 2


async def test_a_deadline_walks_through_a_service_to_its_peer(serve_in_process, tokens, peer, seen):
    async def ask_peer(request):
        return await unary(peer, "ReadGadget")(request)

    call = unary(await serve_in_process(workshop(Workshop(ask_peer))))
    await call(gadget(), metadata=tokens.metadata(scopes=["write:gadget"]), timeout=2.0)
    assert 1.0 < seen["left"] < 2.2


async def test_a_peers_failure_passes_on_its_code_and_not_its_text(serve_in_process, tokens):
    async def ask_nobody(request):
        async with open_channel("unix:/nowhere/secret.sock") as nobody:
            return await unary(nobody)(request)

    call = unary(await serve_in_process(workshop(Workshop(ask_nobody))))
    refusal = await refused(call(gadget(), metadata=tokens.metadata(scopes=["write:gadget"])))
    assert (refusal.code, refusal.reason) == (StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE")
    assert "secret" not in refusal.message


async def test_every_kind_of_method_can_be_called(peer, anyone):
    token = dict(anyone)["authorization"].removeprefix("Bearer ")
    with context.bound(access_token=token):
        assert (await ingested(peer)(iter([gadget("a"), gadget("b")]))).name == "a+b"
        both = traded(peer)()
        await both.write(gadget("a"))
        assert (await both.read()).name == "a!"
        await both.done_writing()
        stream = streamed(peer, "SubscribeGadgets")(gadget())
        assert await stream.read() == gadget()
        assert stream.time_remaining() is None
        stream.cancel()
        watch = streamed(peer)(gadget())
        assert watch.time_remaining() < 8.2
        watch.cancel()


async def test_a_channel_tells_its_state(peer):
    await peer.channel_ready()
    assert peer.get_state() is grpc.ChannelConnectivity.READY
    waiting = asyncio.ensure_future(peer.wait_for_state_change(grpc.ChannelConnectivity.IDLE))
    await waiting
    await peer.close()
