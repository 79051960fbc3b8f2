"""How a server is used is told to the bus once a minute, counted and without contents; so is a text like an attack."""

import asyncio
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from prometheus_client import CollectorRegistry
from qpo.audit.v1 import events_pb2 as pb

from chassis.bus import START
from chassis.bus_redis import open_bus
from chassis.watch import MOST_DIFFERENT, MOST_SUSPECTED, TOPIC, Watch
from tests.chassis.events.conftest import everything
from tests.chassis.gadget import Gadget, Workshop, gadget, unary, workshop
from tests.chassis.refusals import refused

NOON = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)
EDGE = (("x-forwarded-for", "203.0.113.1, 192.0.2.9"),)
ATTACK = "x' or '1'='1"


class Told:
    """What a watch tells, on a clock that is moved by hand."""

    def __init__(self, bus):
        self.bus, self.now, self.registry = bus, NOON, CollectorRegistry()
        self.watch = Watch(bus, self.registry, now=lambda: self.now)

    async def over(self, kind):
        await self.watch.close(5.0)
        found = [each for each in await everything(self.bus, TOPIC) if each.type == kind]
        return [(each, getattr(pb.AccessEvent.FromString(each.payload), kind)) for each in found]


@pytest.fixture
async def told(broker):
    async with open_bus(broker.url) as bus:
        yield Told(bus)


async def test_a_users_minute_is_told_as_counts_of_what_came_through_the_edge(told, serve_in_process, tokens):
    channel = await serve_in_process(workshop(Workshop()), watch=told.watch)
    mine = (*tokens.metadata("u-7", scopes=["write:gadget"]), *EDGE)
    elsewhere = (*tokens.metadata("u-7"), ("x-forwarded-for", "198.51.100.2"))
    await unary(channel)(gadget(), metadata=mine)
    await unary(channel, "NameCaller")(gadget(), metadata=elsewhere)
    await unary(channel, "ReadGadget")(gadget(), metadata=mine)
    await refused(unary(channel)(Gadget(), metadata=mine))
    await refused(unary(channel)(gadget(), metadata=(*tokens.metadata("u-7", scopes=[]), *EDGE)))
    # Neither an inner call nor a stranger's counts.
    await unary(channel)(gadget(), metadata=tokens.metadata("u-7", scopes=["write:gadget"]))
    await unary(channel, "ReadGadget")(gadget(), metadata=EDGE)
    [(message, summed)] = await told.over("usage_summed")
    assert (summed.user_id, summed.minute.ToDatetime(UTC)) == ("u-7", NOON.replace(second=0))
    assert (summed.calls, summed.writes, summed.refused, summed.invalid) == (5, 4, 1, 1)
    assert (len(summed.methods), len(summed.addresses)) == (3, 2)
    assert summed.bytes_in == 3 * len(gadget().SerializeToString())
    assert b"192.0.2.9" not in message.payload


async def test_each_minute_is_told_by_itself(told, serve_in_process, tokens):
    channel = await serve_in_process(workshop(Workshop()), watch=told.watch)
    mine = (*tokens.metadata("u-7", scopes=["write:gadget"]), *EDGE)
    await unary(channel)(gadget(), metadata=mine)
    told.now += timedelta(minutes=1)
    await told.watch.told()
    await unary(channel)(gadget(), metadata=mine)
    found = [summed for _, summed in await told.over("usage_summed")]
    assert [each.minute.ToDatetime(UTC).minute for each in found] == [0, 1]
    assert found[0].addresses != found[1].addresses


async def test_a_minute_is_told_when_it_is_over_by_itself(told, serve_in_process, tokens):
    channel = await serve_in_process(workshop(Workshop()), watch=told.watch)
    await unary(channel)(gadget(), metadata=(*tokens.metadata("u-7", scopes=["write:gadget"]), *EDGE))
    told.now = NOON.replace(second=59, microsecond=950_000)
    running = asyncio.create_task(told.watch.run())
    try:
        places = dict.fromkeys(range(told.bus.partitions(TOPIC)), START)
        assert await told.bus.read(TOPIC, places, 10, 10.0)
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_whoever_comes_from_everywhere_takes_no_more_memory_than_is_allowed(told, serve_in_process, tokens):
    channel = await serve_in_process(workshop(Workshop()), watch=told.watch)
    for number in range(MOST_DIFFERENT + 20):
        whence = (("x-forwarded-for", f"192.0.2.{number}"),)
        await unary(channel)(gadget(), metadata=(*tokens.metadata("u-7", scopes=["write:gadget"]), *whence))
    [(_, summed)] = await told.over("usage_summed")
    assert (summed.calls, len(summed.addresses)) == (MOST_DIFFERENT + 20, MOST_DIFFERENT)


async def test_a_text_like_an_attack_is_told_with_its_field_and_not_its_words(told, serve_in_process, tokens):
    channel = await serve_in_process(workshop(Workshop()), watch=told.watch)
    mine = (*tokens.metadata("u-7", scopes=["write:gadget"]), *EDGE)
    # An alarm is no control: the call goes on.
    assert (await unary(channel)(gadget(ATTACK), metadata=mine)).name == ATTACK
    [(message, text)] = await told.over("text_suspected")
    assert (text.method, text.field, text.family) == ("/qpo.gadget.v1.GadgetService/MakeGadget", "name", "tautology")
    assert (message.user_id, message.ip_address) == ("u-7", "192.0.2.9")
    assert b"'1'" not in message.payload


async def test_where_it_is_so_set_the_request_is_refused_and_the_field_named(told, serve_in_process, tokens):
    channel = await serve_in_process(workshop(Workshop()), watch=told.watch, sql_injection="block")
    mine = (*tokens.metadata("u-7", scopes=["write:gadget"]), *EDGE)
    refusal = await refused(unary(channel)(gadget(ATTACK), metadata=mine))
    assert (refusal.code, refusal.violations[0][0]) == (grpc.StatusCode.INVALID_ARGUMENT, "name")
    assert ATTACK not in str(refusal)
    assert (await unary(channel)(gadget("O'Brien"), metadata=mine)).name == "O'Brien"
    assert len(await told.over("text_suspected")) == 1


async def test_of_one_user_and_of_strangers_no_more_texts_are_told_than_their_share(told, serve_in_process, tokens):
    channel = await serve_in_process(workshop(Workshop()), watch=told.watch)
    for _ in range(MOST_SUSPECTED + 5):
        await unary(channel)(gadget(ATTACK), metadata=(*tokens.metadata("u-7", scopes=["write:gadget"]), *EDGE))
        await unary(channel, "ReadGadget")(gadget(ATTACK), metadata=EDGE)
    found = await told.over("text_suspected")
    assert sorted(message.user_id for message, _ in found) == [""] * MOST_SUSPECTED + ["u-7"] * MOST_SUSPECTED
    assert told.registry.get_sample_value("usage_left_out_total") == 10
