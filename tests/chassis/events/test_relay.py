"""What is committed is published, whatever dies in between; what is not committed never is."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from chassis import context
from chassis.bus_redis import open_bus
from chassis.outbox import append
from chassis.postgres import open_pool
from chassis.principal import Principal
from chassis.relay import Relay
from tests.chassis.events.conftest import NOON, commit, event, everything
from tests.fixtures.logs import captured

WAITING = "SELECT count(*) FROM outbox WHERE published_at IS NULL"


async def relayed(relay: Relay) -> None:
    while await relay.relay():
        continue


async def until(condition) -> None:
    async with asyncio.timeout(15):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.02)


async def test_what_was_committed_is_published_with_its_envelope(pool, bus, topic):
    somebody = Principal("u-1", "t-1", frozenset(), frozenset(), "free", "jti", 0.0)
    with context.bound(principal=somebody) as call:
        call.metadata = {"x-forwarded-for": "203.0.113.1, 192.0.2.9", "user-agent": "qpo\x1b" + "x" * 300}
        await commit(pool, event(topic, key="a", seq=3))
    await relayed(Relay(pool, bus, topic))
    [found] = await everything(bus, topic)
    assert (found.type, found.key, found.seq, found.payload) == ("thing_made", "a", 3, b"a/3")
    assert (found.user_id, found.tenant_id, found.schema_version) == ("u-1", "t-1", 1)
    assert (found.ip_address, found.user_agent) == ("192.0.2.9", "qpo?" + "x" * 252)
    assert abs(found.knowledge_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert found.occurred_at == NOON
    assert found.event_id == await pool.fetchval("SELECT event_id::text FROM outbox")
    assert await pool.fetchval(WAITING) == 0


async def test_what_was_rolled_back_is_never_published(pool, bus, topic):
    with pytest.raises(RuntimeError):
        async with pool.acquire() as connection, connection.transaction():
            await append(connection, event(topic))
            raise RuntimeError
    await relayed(Relay(pool, bus, topic))
    assert await everything(bus, topic) == []


async def test_a_version_of_a_resource_is_told_once(pool, topic):
    await commit(pool, event(topic, seq=1))
    with pytest.raises(Exception, match="duplicate key"):
        await commit(pool, event(topic, seq=1))


async def test_rows_stay_in_the_outbox_after_they_were_published(pool, bus, topic):
    await commit(pool, *(event(topic, seq=seq) for seq in range(1, 4)))
    await relayed(Relay(pool, bus, topic))
    assert await pool.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NOT NULL") == 3


async def test_a_row_that_commits_behind_a_later_position_is_not_left_out(pool, bus, topic):
    relay = Relay(pool, bus, topic)
    async with pool.acquire() as slow:
        transaction = slow.transaction()
        await transaction.start()
        await append(slow, event(topic, key="slow"))
        await commit(pool, event(topic, key="fast"))
        await relayed(relay)
        await transaction.commit()
    await relayed(relay)
    assert [each.key for each in await everything(bus, topic)] in (["fast", "slow"], ["slow", "fast"])


async def test_a_wake_after_the_commit_publishes_without_waiting_for_the_next_look(pool, bus, topic):
    relay = Relay(pool, bus, topic, poll=60.0)
    running = asyncio.ensure_future(relay.run())
    await asyncio.sleep(0.1)
    await commit(pool, event(topic))
    relay.wake()
    await until(lambda: published(bus, topic, 1))
    running.cancel()


async def published(bus, topic, count):
    return len(await everything(bus, topic)) >= count


async def test_what_a_killed_replica_left_is_found_by_the_next_look(pool, bus, topic):
    await commit(pool, event(topic))
    running = asyncio.ensure_future(Relay(pool, bus, topic, poll=0.05).run())
    await until(lambda: published(bus, topic, 1))
    await commit(pool, event(topic, seq=2))
    await until(lambda: published(bus, topic, 2))
    running.cancel()


async def test_killed_between_publish_and_mark_it_is_published_again_and_in_order(pool, bus, topic, settings):
    class Killed(Exception):
        """The process dies here."""

    class Dying:
        async def publish(self, topic, messages, mark):
            await bus.publish(topic, messages, mark)
            raise Killed

    await commit(pool, event(topic, seq=1), event(topic, seq=2))
    with pytest.raises(Killed):
        await Relay(pool, Dying(), topic).relay()
    await relayed(Relay(pool, bus, topic))
    assert [each.seq for each in await everything(bus, topic)] == [1, 2, 1, 2]
    assert await pool.fetchval(WAITING) == 0


async def test_two_replicas_publish_each_event_once_and_each_key_in_order(pool, bus, topic, settings):
    other = await open_pool(settings, "gadget")
    relays = [Relay(pool, bus, topic), Relay(other, bus, topic)]
    running = [asyncio.ensure_future(each.run()) for each in relays]
    for seq in range(1, 41):
        await commit(pool, *(event(topic, key=f"k{key}", seq=seq) for key in range(5)))
        relays[seq % 2].wake()
    await until(lambda: published(bus, topic, 200))
    for each in running:
        each.cancel()
    found = await everything(bus, topic)
    assert len(found) == len({each.event_id for each in found}) == 200
    for key in range(5):
        assert [each.seq for each in found if each.key == f"k{key}"] == list(range(1, 41))
    await other.close()


async def test_while_another_replica_relays_it_takes_its_turn_and_no_event_is_left(pool, bus, topic, settings):
    entered, gate = asyncio.Event(), asyncio.Event()

    class Slow:
        async def publish(self, topic, messages, mark):
            entered.set()
            await gate.wait()
            await bus.publish(topic, messages, mark)

    await commit(pool, event(topic, seq=1))
    slow = asyncio.ensure_future(Relay(pool, Slow(), topic).relay())
    await entered.wait()
    await commit(pool, event(topic, seq=2))
    relay = Relay(pool, bus, topic, poll=60.0)
    assert await relay.relay() is None
    running = asyncio.ensure_future(relay.run())
    gate.set()
    assert await slow == 1
    await until(lambda: published(bus, topic, 2))
    assert [each.seq for each in await everything(bus, topic)] == [1, 2]
    running.cancel()


async def test_without_the_bus_it_waits_says_so_once_and_catches_up(pool, broker, topic):
    broker.stop()
    async with open_bus(broker.url) as bus:
        relay = Relay(pool, bus, topic, poll=0.05)
        with captured() as logs:
            running = asyncio.ensure_future(relay.run())
            await commit(pool, *(event(topic, seq=seq) for seq in range(1, 6)))
            relay.wake()
            await asyncio.sleep(1.0)
            assert not running.done()
            broker.start()
            await until(lambda: nothing_waits(pool))
            await until(lambda: told(logs, "relay_resumed"))
        assert [each.seq for each in await everything(bus, topic)] == [1, 2, 3, 4, 5]
        running.cancel()
    assert [each["event"] for each in logs if "relay" in each["event"]] == ["relay_interrupted", "relay_resumed"]


async def told(logs, event):
    return any(each["event"] == event for each in logs)


async def nothing_waits(pool):
    return await pool.fetchval(WAITING) == 0


async def test_an_outage_in_the_middle_loses_nothing_and_keeps_the_order(pool, broker, topic):
    async with open_bus(broker.url) as bus:
        relay = Relay(pool, bus, topic, poll=0.05)
        running = asyncio.ensure_future(relay.run())
        for seq in range(1, 61):
            if seq == 20:
                broker.stop()
            if seq == 40:
                broker.start()
            await commit(pool, event(topic, seq=seq))
            relay.wake()
        await until(lambda: nothing_waits(pool))
        running.cancel()
        seen = list(dict.fromkeys(each.seq for each in await everything(bus, topic)))
    assert seen == list(range(1, 61))


async def test_what_a_crashed_bus_lost_is_published_again_before_anything_newer(pool, broker, topic):
    async with open_bus(broker.url) as bus:
        relay = Relay(pool, bus, topic)
        await commit(pool, event(topic, seq=1), event(topic, seq=2))
        await relayed(relay)
        earlier = broker.remembered()
        await commit(pool, event(topic, seq=3), event(topic, seq=4))
        await relayed(relay)
    broker.restart_with(earlier)
    async with open_bus(broker.url) as bus:
        assert [each.seq for each in await everything(bus, topic)] == [1, 2]
        await commit(pool, event(topic, seq=5))
        with captured() as logs:
            await relayed(Relay(pool, bus, topic))
        assert [each.seq for each in await everything(bus, topic)] == [1, 2, 3, 4, 5]
    assert [each["events"] for each in logs if each["event"] == "bus_lost_events"] == [2]


async def test_a_bus_that_lost_everything_is_given_the_whole_log(pool, broker, topic):
    async with open_bus(broker.url) as bus:
        await commit(pool, *(event(topic, seq=seq) for seq in range(1, 701)))
        await relayed(Relay(pool, bus, topic))
    broker.restart_with(None)
    async with open_bus(broker.url) as bus:
        running = asyncio.ensure_future(Relay(pool, bus, topic, poll=0.05).run())
        await until(lambda: published(bus, topic, 700))
        running.cancel()
        assert [each.seq for each in await everything(bus, topic)] == list(range(1, 701))


async def test_a_lost_database_connection_does_not_end_it(pool, bus, topic, settings):
    relay = Relay(pool, bus, topic, poll=0.05)
    running = asyncio.ensure_future(relay.run())
    await pool.expire_connections()
    await commit(pool, event(topic))
    owner = settings.migration_url.get_secret_value()
    root = await asyncpg.connect(owner)
    await root.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'qpo-gadget'")
    await root.close()
    await until(lambda: published(bus, topic, 1))
    assert not running.done()
    running.cancel()
