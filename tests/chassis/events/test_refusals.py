"""What a door refuses to somebody who is known is told to the bus; what anybody could make any number of is not."""

import asyncio
import os
import signal
import socket

import grpc
import pytest
from prometheus_client import CollectorRegistry
from qpo.audit.v1 import events_pb2 as pb
from redis.asyncio import Redis

from chassis import context
from chassis.bus_redis import RedisBus, open_bus
from chassis.errors import Answer, ErrorTable, InvalidRequest
from chassis.methods import methods_of
from chassis.principal import Principal
from chassis.refusals import MINUTE, SHARE, TOPIC, Refusals
from chassis.serve import serve
from tests.chassis.events.conftest import everything
from tests.chassis.gadget import DESCRIPTOR, Gadget, GadgetMissing, Workshop, gadget, unary, workshop
from tests.chassis.refusals import refused
from tests.fixtures.logs import captured
from tests.fixtures.serving import service_settings

DENIED = grpc.StatusCode.PERMISSION_DENIED
METHOD = methods_of(DESCRIPTOR)[0]


def principal(user_id):
    return Principal(user_id, user_id, frozenset(), frozenset(), "free", "jti", 0.0)


async def test_who_was_refused_what_from_where_and_why_is_told(broker, serve_in_process, tokens):
    async def denied(_):
        raise GadgetMissing

    rule = Answer(DENIED, "NOT_OWNER", "it is another's", resource="gadget:7")
    async with open_bus(broker.url) as bus:
        refusals = Refusals(bus, CollectorRegistry())
        service = workshop(Workshop(denied), ErrorTable("g.qpo", {GadgetMissing: lambda _: rule}), refusals)
        channel = await serve_in_process(service)
        whence = (("x-forwarded-for", "203.0.113.1, 192.0.2.9"),)
        for scopes, reason in ((["read:gadget"], "SCOPE_MISSING"), (["write:gadget"], "NOT_OWNER")):
            answer = await refused(unary(channel)(gadget(), metadata=(*tokens.metadata("u-7", scopes=scopes), *whence)))
            assert (answer.reason, "gadget:7" in str(answer)) == (reason, False)
        await refusals.close(5.0)
        found = await everything(bus, TOPIC)
    told = [pb.CallEvent.FromString(each.payload).call_refused for each in found]
    method = "/qpo.gadget.v1.GadgetService/MakeGadget"
    assert [(each.method, each.reason, each.resource) for each in told] == [
        (method, "SCOPE_MISSING", ""),
        (method, "NOT_OWNER", "gadget:7"),
    ]
    assert {(each.type, each.user_id, each.ip_address) for each in found} == {("call_refused", "u-7", "192.0.2.9")}
    assert all(each.user_agent.startswith("grpc-python-asyncio/") for each in found)


async def test_neither_strangers_nor_mistakes_are_told(broker, serve_in_process, tokens):
    async def wrong(_):
        raise InvalidRequest([("name", "give one")])

    async with open_bus(broker.url) as bus:
        refusals = Refusals(bus, CollectorRegistry())
        call = unary(await serve_in_process(workshop(Workshop(wrong), refused=refusals)))
        with captured() as logs:
            await refused(call(gadget()))
            await refused(call(gadget(), metadata=(("authorization", "Bearer forged"),)))
            await refused(call(Gadget(), metadata=tokens.metadata(scopes=["write:gadget"])))
            await refused(call(gadget(), metadata=tokens.metadata(scopes=["write:gadget"])))
        assert {line["event"] for line in logs} == {"call"}
        await refusals.close(5.0)
        assert await everything(bus, TOPIC) == []


async def test_one_principal_takes_no_more_than_a_share_and_has_another_the_next_minute(broker):
    registry, now = CollectorRegistry(), [0.0]
    async with open_bus(broker.url) as bus:
        refusals = Refusals(bus, registry, monotonic=lambda: now[0])

        async def refuse(user, times):
            for _ in range(times):
                with context.bound(principal=principal(user)):
                    await refusals(METHOD, Answer(DENIED, "SCOPE_MISSING"))

        await refuse("loud", SHARE + 40)
        await refuse("quiet", 1)
        now[0] = MINUTE
        await refuse("loud", 2)
        await refusals.close(5.0)
        who = [each.user_id for each in await everything(bus, TOPIC)]
    assert (who.count("loud"), who.count("quiet")) == (SHARE + 2, 1)
    assert registry.get_sample_value("refusals_left_out_total") == 40


class SlowBus(RedisBus):
    """A real bus that takes nothing until its server is told to stop."""

    def __init__(self, redis):
        super().__init__(redis)
        self.asked, self.stopping = asyncio.Event(), False

    async def publish(self, topic, messages, mark):
        self.asked.set()
        if not self.stopping:
            await asyncio.Event().wait()
        await super().publish(topic, messages, mark)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


@pytest.mark.usefixtures("standard_error")
async def test_what_waits_to_be_told_when_a_server_stops_is_told_before_it_ends(broker, tokens):
    loop, port = asyncio.get_running_loop(), free_port()
    async with Redis.from_url(broker.url, protocol=2) as redis:
        bus, ready = SlowBus(redis), asyncio.Event()

        async def now_ready():
            ready.set()

        settings = service_settings(port=port, host="127.0.0.1")
        served = serve(settings, [workshop(Workshop())], keys=tokens.keys, bus=bus, ready=now_ready)
        server = asyncio.ensure_future(served)
        try:
            await ready.wait()
            async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
                await refused(unary(channel)(gadget(), metadata=tokens.metadata("u-7", scopes=[])))
            await bus.asked.wait()
            bus.stopping = True
            os.kill(os.getpid(), signal.SIGTERM)
            await server
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)
        assert [each.user_id for each in await everything(bus, TOPIC)] == ["u-7"]
