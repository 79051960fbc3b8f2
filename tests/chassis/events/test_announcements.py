"""What is told without an outbox: nobody waits for it, it comes once, and what is dropped is counted."""

import asyncio

from prometheus_client import CollectorRegistry

from chassis import context
from chassis.announcements import Announcements
from chassis.bus_kafka import KafkaBus
from chassis.bus_redis import open_bus
from chassis.consumers import Consumer, Subscription
from chassis.principal import Principal
from tests.chassis.events.conftest import everything
from tests.chassis.events.test_relay import until
from tests.fixtures.logs import captured

SOMEBODY = Principal("u-1", "t-1", frozenset(), frozenset(), "free", "jti", 0.0)


def counted(registry, topic, result):
    return registry.get_sample_value("announcements_total", {"topic": topic, "result": result})


async def running(announcements):
    """The task that publishes."""
    return asyncio.ensure_future(announcements.run())


async def ended(task):
    task.cancel()
    await asyncio.wait([task])


async def test_what_is_told_is_published_in_order_with_who_caused_it_from_where(bus, topic):
    registry = CollectorRegistry()
    announcements = Announcements(bus, topic, registry)
    task = await running(announcements)
    with context.bound(principal=SOMEBODY) as call:
        call.metadata = {"x-forwarded-for": "203.0.113.1, 192.0.2.9", "user-agent": "a program"}
        for number in range(600):
            announcements.tell("thing_seen", b"%d" % number)
    await until(lambda: arrived(bus, topic, 600))
    await ended(task)
    # A batch that Kafka took in part and could not say so comes again, and is known by its identifiers.
    told = await everything(bus, topic)
    found = list({each.event_id: each for each in told}.values())
    assert len(told) == len(found) or isinstance(bus, KafkaBus)
    assert [each.payload for each in found] == [b"%d" % number for number in range(600)]
    assert [each.seq for each in found] == list(range(1, 601))
    assert {(each.type, each.user_id, each.tenant_id) for each in found} == {("thing_seen", "u-1", "t-1")}
    assert {(each.ip_address, each.user_agent) for each in found} == {("192.0.2.9", "a program")}
    assert counted(registry, topic, "published") == 600


async def arrived(bus, topic, count):
    return len({each.event_id for each in await everything(bus, topic)}) >= count


async def test_while_the_bus_is_away_it_waits_and_comes_afterwards(broker, topic):
    async with open_bus(broker.url) as bus:
        announcements = Announcements(bus, topic, CollectorRegistry())
        broker.stop()
        with captured() as logs:
            task = await running(announcements)
            announcements.tell("thing_seen", b"1")
            await until(lambda: said(logs, "announcements_interrupted"))
            broker.start()
            await until(lambda: arrived(bus, topic, 1))
        await ended(task)
        assert [each.payload for each in await everything(bus, topic)] == [b"1"]


async def said(logs, event):
    return any(line["event"] == event for line in logs)


async def test_what_finds_no_place_is_dropped_counted_and_logged_once(broker, topic):
    registry = CollectorRegistry()
    async with open_bus(broker.url) as bus:
        announcements = Announcements(bus, topic, registry, most=3)
        with captured() as logs:
            for number in range(10):
                announcements.tell("thing_seen", b"%d" % number)
        await announcements.close(5.0)
        assert [each.payload for each in await everything(bus, topic)] == [b"0", b"1", b"2"]
    assert counted(registry, topic, "full") == 7
    assert [line["event"] for line in logs] == ["announcements_dropped"]


async def test_what_waits_at_the_end_is_published_or_said_to_be_dropped(broker, topic):
    registry = CollectorRegistry()
    async with open_bus(broker.url) as bus:
        announcements = Announcements(bus, topic, registry)
        for number in range(300):
            announcements.tell("thing_seen", b"%d" % number)
        await announcements.close(5.0)
        assert len(await everything(bus, topic)) == 300
        announcements.tell("thing_seen", b"late")
        broker.stop()
        with captured() as logs:
            await announcements.close(0.3)
    assert counted(registry, topic, "stopped") == 1
    assert [line["why"] for line in logs if line["event"] == "announcements_dropped"] == ["stopped"]


class TakesAndDoesNotSaySo:
    """A real bus whose first answer is lost."""

    def __init__(self, bus):
        self._bus, self._lost = bus, False

    def __getattr__(self, name):
        return getattr(self._bus, name)

    async def publish(self, topic, messages, mark):
        await self._bus.publish(topic, messages, mark)
        if not self._lost:
            self._lost = True
            raise asyncio.CancelledError


async def test_what_was_published_twice_has_its_effect_once(pool, bus, topic):
    announcements = Announcements(TakesAndDoesNotSaySo(bus), topic, CollectorRegistry())
    for number in range(3):
        announcements.tell("thing_seen", b"%d" % number)
    await asyncio.wait([await running(announcements)])
    await announcements.close(5.0)
    assert len(await everything(bus, topic)) == 6
    seen = []

    async def handle(_, message):
        seen.append(message.payload)

    consumer = Consumer(pool, bus, Subscription("reader", topic, {"thing_seen"}, handle, lambda: None))
    task = asyncio.ensure_future(consumer.run())
    await until(lambda: has(seen, 3))
    await consumer.catch_up()
    await ended(task)
    assert seen == [b"0", b"1", b"2"]


async def has(seen, count):
    return len(seen) >= count


async def test_two_topics_are_counted_in_one_registry(broker, topic):
    registry = CollectorRegistry()
    async with open_bus(broker.url) as bus:
        for name in (topic, f"{topic}.other"):
            announcements = Announcements(bus, name, registry)
            announcements.tell("said", b"")
            await announcements.close(5.0)
    for name in (topic, f"{topic}.other"):
        told = {"topic": name, "result": "published"}
        assert registry.get_sample_value("announcements_total", told) == 1
