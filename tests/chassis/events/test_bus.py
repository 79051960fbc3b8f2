"""What every adapter of the bus promises."""

import asyncio

import pytest

from chassis.bus import PARTITIONS, START, BusUnavailable, Topic, partition_of, tail
from chassis.bus_redis import open_bus
from tests.chassis.events.conftest import ADAPTERS, everything, message

ALL = dict.fromkeys(range(PARTITIONS), START)


async def test_a_message_arrives_as_it_was_sent(bus, topic):
    sent = message(topic, key="ключ \x1f, any text", seq=2**53, traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01")
    await bus.publish(topic, [sent], "1")
    assert await everything(bus, topic) == [sent]


async def test_messages_of_one_key_lie_in_one_partition_in_their_order(bus, topic):
    sent = [message(topic, key=f"key-{number % 7}", seq=number) for number in range(200)]
    await bus.publish(topic, sent[:90], "1")
    await bus.publish(topic, sent[90:], "1")
    found = await bus.read(topic, ALL, 1000)
    assert all(each.partition == partition_of(each.message.key) for each in found)
    for key in {each.key for each in sent}:
        assert [each.message for each in found if each.message.key == key] == [each for each in sent if each.key == key]


def test_a_key_has_the_partition_that_crc32_says():
    # CRC-32 of "123456789" is 0xcbf43926, the check value of its definition.
    assert partition_of("123456789") == 0xCBF43926 % 12
    assert len({partition_of(f"key-{number}") for number in range(500)}) == PARTITIONS


async def test_a_reader_goes_on_behind_its_position(bus, topic):
    await bus.publish(topic, [message(topic, seq=seq) for seq in range(1, 6)], "1")
    partition = partition_of("k")
    first = await bus.read(topic, {partition: START}, 2)
    rest = await bus.read(topic, {partition: first[-1].position}, 100)
    assert [each.message.seq for each in (*first, *rest)] == [1, 2, 3, 4, 5]


async def test_behind_the_end_lies_what_is_published_next(bus, topic):
    await bus.publish(topic, [message(topic, seq=1)], "1")
    ends = await bus.ends(topic)
    assert await bus.read(topic, ends, 10) == []
    await bus.publish(topic, [message(topic, seq=2), message(topic, key="other", seq=1)], "1")
    assert sorted(each.message.seq for each in await bus.read(topic, ends, 10)) == [1, 2]


async def test_the_last_mark_is_the_one_that_is_kept(bus, topic):
    assert await bus.mark(topic) == ""
    await bus.publish(topic, [message(topic, seq=1)], "first")
    await bus.publish(topic, [message(topic, seq=2)], "second")
    assert await bus.mark(topic) == "second"
    assert await bus.mark(f"{topic}.Other") == ""


async def test_a_reader_that_waits_is_woken_by_a_message(bus, topic):
    waiting = asyncio.ensure_future(bus.read(topic, ALL, 10, wait=5.0))
    await bus.publish(topic, [message(topic)], "1")
    async with asyncio.timeout(3):
        assert [each.message.seq for each in await waiting] == [1]


async def test_a_reader_waits_no_longer_than_it_said(bus, topic):
    await bus.ends(topic)  # a topic that is being made takes its time
    async with asyncio.timeout(10):
        assert await bus.read(topic, ALL, 10, wait=0.05) == []


async def test_two_tails_both_see_what_comes_and_nothing_from_before(bus, topic):
    await bus.publish(topic, [message(topic, seq=1)], "1")
    seen, started = {"a": [], "b": []}, asyncio.Event()

    async def follow(name):
        async for each in tail(bus, topic):
            seen[name].append(each.seq)
            started.set()
            if each.seq == 30:
                return

    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(follow("a"))
        group.create_task(follow("b"))
        # Both must have looked where the end is before a message counts as new to them.
        await asyncio.sleep(0.2)
        for seq in range(2, 31):
            await bus.publish(topic, [message(topic, seq=seq)], "1")
    assert seen["a"] == seen["b"] == list(range(2, 31))


async def test_a_stream_keeps_about_as_many_messages_as_it_is_told(redis_url, topic):
    async with open_bus(redis_url) as bus:
        await bus.declare(Topic(topic, backlog=50))
        for start in range(0, 3000, 500):
            await bus.publish(topic, [message(topic, seq=start + number) for number in range(500)], "1")
        found = await everything(bus, topic)
    assert 50 <= len(found) < 400
    assert found[-1].seq == 2999


async def test_a_topic_has_the_partitions_that_it_was_declared_with(bus, topic):
    await bus.declare(Topic(topic, partitions=6))
    await bus.declare(Topic(topic, partitions=6))
    sent = [message(topic, key=f"key-{number}", seq=1) for number in range(60)]
    await bus.publish(topic, sent, "1")
    found = await bus.read(topic, dict.fromkeys(range(6), START), 100)
    assert {each.partition for each in found} == set(range(6))
    assert all(each.partition == partition_of(each.message.key, 6) for each in found)
    assert sorted(await bus.ends(topic)) == list(range(6))


async def test_a_reader_is_given_no_more_of_a_partition_than_it_asked_for(bus, topic):
    await bus.publish(topic, [message(topic, key=key, seq=seq) for seq in range(1, 6) for key in ("k", "l")], "1")
    places = {partition_of(key): START for key in ("k", "l")}
    found = await bus.read(topic, places, 2)
    assert sorted((each.message.key, each.message.seq) for each in found) == [("k", 1), ("k", 2), ("l", 1), ("l", 2)]
    again = await bus.read(topic, places, 3)
    assert len(again) == 6


async def test_it_counts_what_lies_behind_a_position(bus, topic):
    await bus.publish(topic, [message(topic, seq=seq) for seq in range(1, 6)], "1")
    partition = partition_of("k")
    first = await bus.read(topic, {partition: START}, 2)
    assert await bus.lag(topic, {partition: first[-1].position}) == {partition: 3}
    assert await bus.lag(topic, await bus.ends(topic)) == dict.fromkeys(range(PARTITIONS), 0)


@pytest.mark.parametrize("position", ["123", "1700000000000-0", ""])
async def test_a_position_of_another_bus_is_the_beginning(bus, topic, position):
    """Unless it looks like its own: then what lies behind it is still there, or the beginning is."""
    await bus.publish(topic, [message(topic, seq=1)], "1")
    [own] = {each.position for each in await bus.read(topic, ALL, 1)}
    if ("-" in own) != ("-" in position):
        assert len(await bus.read(topic, {partition_of("k"): position}, 10)) == 1


@pytest.mark.parametrize(
    ("adapter", "address"), [("redis", "unix:///nowhere/nobody.sock"), ("kafka", "kafka://127.0.0.1:9")]
)
async def test_without_a_server_it_says_so(adapter, address, topic):
    async with ADAPTERS[adapter].open_bus(address) as bus:
        with pytest.raises(BusUnavailable):
            await bus.publish(topic, [message(topic)], "1")
        with pytest.raises(BusUnavailable):
            await bus.read(topic, ALL, 1)
        with pytest.raises(BusUnavailable):
            await bus.ends(topic)
        with pytest.raises(BusUnavailable):
            await bus.mark(topic)
        with pytest.raises(BusUnavailable):
            await bus.lag(topic, ALL)


async def test_a_tail_outlives_the_bus_and_misses_nothing(broker, topic):
    seen = []
    async with open_bus(broker.url) as bus:

        async def follow():
            async for each in tail(bus, topic):
                seen.append(each.seq)
                if each.seq == 2:
                    return

        following = asyncio.ensure_future(follow())
        await asyncio.sleep(0.2)
        await bus.publish(topic, [message(topic, seq=1)], "1")
        await asyncio.sleep(0.1)
        broker.stop()
        await asyncio.sleep(0.2)
        broker.start()
        await bus.publish(topic, [message(topic, seq=2)], "1")
        async with asyncio.timeout(10):
            await following
    assert seen == [1, 2]
