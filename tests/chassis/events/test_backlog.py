"""What waits is told: events before their relay, messages before their consumer, figures from a service's rows."""

import math

import pytest
from prometheus_client import CollectorRegistry, Gauge

from chassis.backlog import Backlog
from chassis.bus import START
from chassis.census import Census, Reckoned
from chassis.consumers import Consumer, Subscription
from chassis.relay import Relay
from tests.chassis.events.conftest import commit, event


async def nothing(*_):
    """Has no effect."""


def told(registry, name, **labels):
    return registry.get_sample_value(name, labels)


async def test_events_and_messages_wait_until_they_are_relayed_and_consumed(pool, bus, topic):
    registry = CollectorRegistry()
    backlog = Backlog(pool, bus, registry)
    await backlog.look()
    assert told(registry, "outbox_oldest_waiting_seconds") == 0

    await commit(pool, event(topic, seq=1), event(topic, seq=2))
    await backlog.look()
    assert told(registry, "outbox_oldest_waiting_seconds") > 0

    consumer = Consumer(pool, bus, Subscription("tests", topic, {"thing_made"}, nothing, lambda: None))
    begin = "INSERT INTO consumer_positions SELECT 'tests', $1, p, $2 FROM generate_series(0, 11) AS p"
    await pool.execute(begin, topic, START)
    assert await Relay(pool, bus, topic).relay() == 2
    await backlog.look()
    behind = [told(registry, "bus_lag_messages", consumer="tests", topic=topic, partition=str(n)) for n in range(12)]
    assert told(registry, "outbox_oldest_waiting_seconds") == 0
    assert sum(behind) == 2

    await consumer.catch_up()
    await backlog.look()
    behind = [told(registry, "bus_lag_messages", consumer="tests", topic=topic, partition=str(n)) for n in range(12)]
    assert sum(behind) == 0


async def test_a_figure_is_unknown_until_it_is_reckoned_and_where_there_is_none(pool):
    registry = CollectorRegistry()
    gauges = [Gauge(f"gauge_{n}", "A figure", registry=registry) for n in range(2)]
    first, second = Reckoned(gauges[0], "SELECT $1::integer + 1", (2,)), Reckoned(gauges[1], "SELECT NULL::float8")
    census = Census(pool, [first, second], 3600.0)
    assert all(math.isnan(told(registry, f"gauge_{n}")) for n in range(2))
    await census.reckon()
    assert told(registry, "gauge_0") == pytest.approx(3)
    assert math.isnan(told(registry, "gauge_1"))
