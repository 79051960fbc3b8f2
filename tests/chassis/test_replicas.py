import asyncio
import socket
import time
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress

import grpc
import pytest
from grpc import StatusCode

from chassis import context
from chassis.channel import open_channel
from chassis.errors import PeerUnavailable
from chassis.repeats import ATTEMPT, is_idempotent
from chassis.serve import Server
from chassis.targets import target
from tests.chassis.gadget import Workshop, gadget, unary, workshop
from tests.chassis.refusals import refused
from tests.fixtures.serving import service_settings


class Replica:
    """A workshop that counts its calls and can be stopped and started on its port."""

    def __init__(self, keys):
        self.keys, self.port, self.server = keys, 0, None
        self.taken, self.attempts, self.fails = 0, [], None
        self.entered = asyncio.Event()

    async def answer(self, request):
        self.taken += 1
        self.attempts.append(context.peer_metadata().get(ATTEMPT))
        if self.fails is not None:
            raise self.fails
        if request.name == "wait":
            self.entered.set()
            await asyncio.Event().wait()
        return request

    async def start(self):
        self.server = Server(service_settings(port=self.port), [workshop(Workshop(self.answer))], self.keys)
        self.port = await self.server.start()
        await self.server.open()

    async def stop(self):
        await self.server.stop(0.0)


@pytest.fixture
async def pair(tokens):
    """Two replicas, and one channel to both once it has found both."""
    async with AsyncExitStack() as stack:
        replicas = [Replica(tokens.keys), Replica(tokens.keys)]
        for replica in replicas:
            await replica.start()
            stack.push_async_callback(replica.stop)
        addresses = ",".join(f"127.0.0.1:{replica.port}" for replica in replicas)
        channel = await stack.enter_async_context(open_channel(addresses))
        while not all(replica.taken for replica in replicas):
            await unary(channel, "ReadGadget")(gadget())
        for replica in replicas:
            replica.taken, replica.attempts = 0, []
        yield channel, *replicas


@asynccontextmanager
async def draining(replica):
    """The replica while it is stopping, of which its callers have not heard yet: it turns new calls away."""

    async def unheard(): ...

    replica.server.health.drain = unheard
    async with open_channel(f"127.0.0.1:{replica.port}") as direct:
        waits = asyncio.ensure_future(unary(direct, "ReadGadget")(gadget("wait")))
        await replica.entered.wait()
        stopping = asyncio.ensure_future(replica.server.stop(5.0))
        with suppress(grpc.aio.AioRpcError):
            while True:
                await unary(direct, "ReadGadget")(gadget())
        replica.taken, replica.attempts = 0, []
        yield
        waits.cancel()
        await asyncio.gather(stopping, waits, return_exceptions=True)


async def test_calls_go_to_every_replica_in_turn(pair):
    channel, one, other = pair
    for _ in range(10):
        await unary(channel, "ReadGadget")(gadget())
    assert (one.taken, other.taken) == (5, 5)


async def test_a_replica_that_is_gone_is_left_out(pair):
    channel, one, other = pair
    await other.stop()
    for _ in range(20):
        assert await unary(channel, "ReadGadget")(gadget()) == gadget()
    assert one.taken == 20


async def test_a_replica_that_leaves_is_sent_nothing_more_and_no_call_is_lost(pair, tokens):
    channel, _, other = pair
    await other.server.leave()
    metadata = tokens.metadata(scopes=["write:gadget"])
    async with asyncio.timeout(5):
        while True:  # until the channel has heard of it, which is a matter of milliseconds
            before = other.taken
            for _ in range(4):
                await unary(channel, "MakeGadget")(gadget(), metadata=metadata)
            if other.taken == before:
                break
    other.taken = 0
    for _ in range(20):
        assert await unary(channel, "MakeGadget")(gadget(), metadata=metadata) == gadget()
    assert other.taken == 0


async def test_a_replica_that_is_back_is_sent_calls_again(pair):
    channel, _, other = pair
    await other.server.leave()
    await other.stop()
    await other.start()
    async with asyncio.timeout(10):
        while not other.taken:
            await unary(channel, "ReadGadget")(gadget())


async def test_a_replica_that_is_not_open_yet_is_sent_nothing(tokens):
    async with AsyncExitStack() as stack:
        closed, ready = Replica(tokens.keys), Replica(tokens.keys)
        closed.server = Server(service_settings(), [workshop(Workshop(closed.answer))], tokens.keys)
        closed.port = await closed.server.start()
        stack.push_async_callback(closed.stop)
        await ready.start()
        stack.push_async_callback(ready.stop)
        addresses = f"127.0.0.1:{closed.port},127.0.0.1:{ready.port}"
        channel = await stack.enter_async_context(open_channel(addresses))
        for _ in range(10):
            assert await unary(channel, "ReadGadget")(gadget(), wait_for_ready=True) == gadget()
        assert (closed.taken, ready.taken) == (0, 10)


async def test_a_call_that_a_stopping_replica_turns_away_is_made_at_the_other(pair):
    channel, one, other = pair
    async with draining(other):
        for _ in range(6):
            await unary(channel, "ReadGadget")(gadget())
    assert one.taken == 6
    assert "2" in one.attempts


async def test_a_method_that_is_not_idempotent_is_never_repeated(pair, tokens):
    channel, one, other = pair
    async with draining(other):
        outcomes = [
            unary(channel, "MakeGadget")(gadget(), metadata=tokens.metadata(scopes=["write:gadget"])) for _ in range(6)
        ]
        told = await asyncio.gather(*outcomes, return_exceptions=True)
    refused_ = [each for each in told if isinstance(each, grpc.aio.AioRpcError)]
    assert refused_
    assert {each.code() for each in refused_} == {StatusCode.UNAVAILABLE}
    assert one.taken == len(told) - len(refused_)


async def test_a_replica_that_says_what_it_lacks_itself_is_believed(pair):
    channel, one, other = pair
    one.fails = other.fails = PeerUnavailable("no database")
    refusal = await refused(unary(channel, "ReadGadget")(gadget()))
    assert refusal.reason == "PEER_UNAVAILABLE"
    assert one.taken + other.taken == 1


@pytest.mark.parametrize(("attempt", "reached"), [("1", True), ("2", False)])
async def test_a_call_that_is_itself_a_repeat_repeats_nothing(pair, serve_in_process, tokens, attempt, reached):
    channel, _, other = pair

    async def ask_twice(request):
        for _ in range(2):  # one of the two goes to the stopping replica
            await unary(channel, "ReadGadget")(gadget())
        return request

    service = await serve_in_process(workshop(Workshop(ask_twice)))
    async with draining(other):
        metadata = (*tokens.metadata(scopes=["write:gadget"]), (ATTEMPT, attempt))
        call = unary(service)(gadget(), metadata=metadata)
        if reached:
            assert await call == gadget()
        else:
            assert (await refused(call)).code is StatusCode.UNAVAILABLE


async def test_a_peer_that_comes_back_is_found_within_two_seconds(tokens):
    replica = Replica(tokens.keys)
    await replica.start()
    async with open_channel(f"127.0.0.1:{replica.port}") as channel:
        await unary(channel, "ReadGadget")(gadget())
        await replica.stop()
        until = time.monotonic() + 3
        while time.monotonic() < until:  # long enough for pauses between attempts to have grown
            assert (await refused(unary(channel, "ReadGadget")(gadget()))).code is StatusCode.UNAVAILABLE
            await asyncio.sleep(0.1)
        await replica.start()
        back = time.monotonic()
        await unary(channel, "ReadGadget")(gadget(), timeout=5, wait_for_ready=True)
        assert time.monotonic() - back < 2
    await replica.stop()


async def test_replicas_are_found_by_host_names_too(tokens):
    replica = Replica(tokens.keys)
    await replica.start()
    with closing(socket.socket()) as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: refused
        addresses = f"localhost:{nobody.getsockname()[1]},localhost:{replica.port}"
        async with open_channel(addresses) as channel:
            for _ in range(4):
                assert await unary(channel, "ReadGadget")(gadget(), wait_for_ready=True) == gadget()
    await replica.stop()


@pytest.mark.parametrize(
    ("addresses", "named"),
    [
        ("portfolio.example:8000", "portfolio.example:8000"),
        ("unix:/run/x.sock", "unix:/run/x.sock"),
        ("127.0.0.1:1, 127.0.0.2:2", "ipv4:127.0.0.1:1,127.0.0.2:2"),
        ("[::1]:1,[::2]:2,", "ipv6:[::1]:1,[::2]:2"),
    ],
)
def test_one_address_is_left_to_grpc_and_several_make_one_target(addresses, named):
    assert target(addresses) == named


def test_addresses_of_two_families_make_no_target():
    with pytest.raises(OSError, match="no one family"):
        target("127.0.0.1:1,[::1]:2")


def test_what_the_contract_does_not_name_is_not_idempotent():
    assert is_idempotent("/qpo.gadget.v1.GadgetService/ReadGadget")
    assert not is_idempotent("/qpo.gadget.v1.GadgetService/MakeGadget")
    assert not is_idempotent("/nobody.Service/Knows")
