"""An event has its effect once, whoever makes it and whatever dies meanwhile."""

import asyncio

import asyncpg
import pytest
import pytest_asyncio

from chassis import context, telemetry
from chassis.bus import START
from chassis.bus_redis import open_bus
from chassis.consumers import Consumer, Subscription
from chassis.outbox import append
from chassis.postgres import open_pool
from tests.chassis.events.conftest import event, message
from tests.chassis.events.test_relay import until
from tests.fixtures.logs import captured

EFFECT = "INSERT INTO effects (event_id, key, seq, by) VALUES ($1, $2, $3, $4)"


class Killed(BaseException):
    """The process dies here."""


class Worker:
    """A replica's consumer that writes its effects down, and can be told to die or to wait before it commits."""

    def __init__(self, pool, bus, topic, name="worker"):
        self.name, self.commits, self.tried = name, 0, []
        self.dies_at = self.fails_at = None
        self.gate, self.entered = asyncio.Event(), asyncio.Event()
        self.gate.set()
        wants = Subscription("tests", topic, {"thing_made"}, self._handle, self._committed)
        self.consumer = Consumer(pool, bus, wants)

    async def _handle(self, connection, message):
        self.tried.append(message.seq)
        self.entered.set()
        await self.gate.wait()
        await connection.execute(EFFECT, message.event_id, message.key, message.seq, self.name)
        if message.seq == self.dies_at:
            raise Killed
        if message.seq == self.fails_at:
            raise ValueError("this effect cannot be made")

    def _committed(self):
        self.commits += 1


@pytest_asyncio.fixture
async def begin(pool, topic):
    """A consumer of the topic stands at its beginning."""
    await pool.execute(
        "INSERT INTO consumer_positions (consumer, topic, partition, position) "
        "SELECT 'tests', $1, p, $2 FROM generate_series(0, 11) AS p",
        topic,
        START,
    )


async def effects(pool, key="k"):
    return [row["seq"] for row in await pool.fetch("SELECT seq FROM effects WHERE key = $1 ORDER BY n", key)]


async def test_every_event_has_its_effect_once_and_in_order(pool, bus, topic, begin):
    await bus.publish(topic, [message(topic, seq=seq) for seq in range(1, 151)], "1")
    worker = Worker(pool, bus, topic)
    await worker.consumer.catch_up()
    await worker.consumer.catch_up()
    assert await effects(pool) == list(range(1, 151))


async def test_an_event_published_twice_has_its_effect_once(pool, bus, topic, begin):
    events = [message(topic, seq=seq) for seq in (1, 2)]
    await bus.publish(topic, [*events, *events], "1")
    worker = Worker(pool, bus, topic)
    await worker.consumer.catch_up()
    await bus.publish(topic, events, "1")
    await worker.consumer.catch_up()
    assert await effects(pool) == [1, 2]


async def test_events_of_other_types_are_passed_over(pool, bus, topic, begin):
    await bus.publish(topic, [message(topic, seq=1, type="thing_seen"), message(topic, seq=2)], "1")
    worker = Worker(pool, bus, topic)
    await worker.consumer.catch_up()
    assert worker.tried == [2]


async def test_a_crash_between_effect_and_commit_leaves_neither_and_the_event_comes_again(pool, bus, topic, begin):
    await bus.publish(topic, [message(topic, seq=seq) for seq in (1, 2, 3)], "1")
    first = Worker(pool, bus, topic)
    first.dies_at = 2
    with pytest.raises(Killed):
        await first.consumer.catch_up()
    assert await effects(pool) == []
    second = Worker(pool, bus, topic)
    await second.consumer.catch_up()
    assert second.tried == [1, 2, 3]
    assert await effects(pool) == [1, 2, 3]


async def test_a_partition_that_one_replica_holds_is_left_alone_by_the_other(pool, bus, topic, begin):
    await bus.publish(topic, [message(topic, seq=1)], "1")
    holder, other = Worker(pool, bus, topic, "holder"), Worker(pool, bus, topic, "other")
    holder.gate.clear()
    holding = asyncio.ensure_future(holder.consumer.catch_up())
    await holder.entered.wait()
    async with asyncio.timeout(5):
        await other.consumer.catch_up()
    assert other.tried == []
    holder.gate.set()
    await holding
    assert await pool.fetch("SELECT by FROM effects") == [("holder",)]


async def test_ownership_moves_when_the_holder_is_cut_off_and_it_cannot_commit_any_more(
    pool, bus, topic, begin, settings
):
    await bus.publish(topic, [message(topic, seq=1), message(topic, seq=2)], "1")
    frozen_pool = await open_pool(settings, "gadget")
    frozen, heir = Worker(frozen_pool, bus, topic, "frozen"), Worker(pool, bus, topic, "heir")
    frozen.gate.clear()
    thawing = asyncio.ensure_future(frozen.consumer.catch_up())
    await frozen.entered.wait()
    owner = await asyncpg.connect(settings.migration_url.get_secret_value())
    await owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state LIKE 'idle in trans%'")
    await owner.close()
    await until(lambda: caught_up(heir, pool))
    frozen.gate.set()
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
        await thawing
    assert [(row["seq"], row["by"]) for row in await pool.fetch("SELECT seq, by FROM effects ORDER BY seq")] == [
        (1, "heir"),
        (2, "heir"),
    ]
    frozen_pool.terminate()


async def caught_up(worker, pool):
    await worker.consumer.catch_up()
    return await effects(pool) == [1, 2]


async def test_postgres_itself_ends_a_holder_that_does_nothing(pool, bus, topic, begin):
    await bus.publish(topic, [message(topic, seq=1)], "1")
    limits = []

    async def handle(connection, _):
        limits.append(await connection.fetchval("SHOW idle_in_transaction_session_timeout"))

    wants = Subscription("tests", topic, {"thing_made"}, handle, lambda: None)
    await Consumer(pool, bus, wants).catch_up()
    assert limits == ["30s"]
    assert await pool.fetchval("SHOW idle_in_transaction_session_timeout") == "0"


async def test_two_replicas_share_the_work_and_make_each_effect_once(pool, bus, topic, settings):
    other_pool = await open_pool(settings, "gadget")
    workers = [Worker(pool, bus, topic, "one"), Worker(other_pool, bus, topic, "two")]
    running = [asyncio.ensure_future(worker.consumer.run()) for worker in workers]
    keys = [f"key-{number}" for number in range(24)]
    for seq in range(1, 11):
        await bus.publish(topic, [message(topic, key=key, seq=seq) for key in keys], "1")
    await until(lambda: counted(pool, 240))
    for each in running:
        each.cancel()
    for key in keys:
        assert await effects(pool, key) == list(range(1, 11))
    other_pool.terminate()


async def counted(pool, count):
    return await pool.fetchval("SELECT count(*) FROM effects") >= count


async def test_a_failing_effect_keeps_those_before_it_and_holds_up_those_behind(pool, bus, topic, begin, monkeypatch):
    monkeypatch.setattr("chassis.consumers._RETRY", 0.0)
    await bus.publish(topic, [message(topic, seq=seq) for seq in (1, 2, 3)], "1")
    worker = Worker(pool, bus, topic)
    worker.fails_at = 2
    with captured() as logs:
        await worker.consumer.catch_up()
    assert await effects(pool) == [1]
    assert [(each["event"], each["seq"]) for each in logs if each["level"] == "error"] == [("event_not_handled", 2)]
    worker.fails_at = None
    await worker.consumer.catch_up()
    assert await effects(pool) == [1, 2, 3]


async def test_the_effect_is_made_on_behalf_of_whoever_caused_the_event(pool, bus, topic, begin):
    await bus.publish(topic, [message(topic, user_id="ann", tenant_id="acme")], "1")
    seen = []

    async def handle(_, __):
        who = context.principal()
        seen.append((who.user_id, who.tenant_id, who.scopes))

    await Consumer(pool, bus, Subscription("tests", topic, {"thing_made"}, handle, lambda: None)).catch_up()
    assert seen == [("ann", "acme", frozenset())]


async def test_the_effect_goes_on_in_the_trace_of_its_cause(pool, bus, topic, begin):
    caused = f"00-{'a' * 32}-{'b' * 16}-01"
    await bus.publish(topic, [message(topic, seq=1, traceparent=caused), message(topic, seq=2)], "1")
    seen = []

    async def handle(connection, _):
        await append(connection, event(f"{topic}Effect", seq=len(seen) + 1))
        seen.append(telemetry.outgoing().get("traceparent", ""))

    await Consumer(pool, bus, Subscription("tests", topic, {"thing_made"}, handle, lambda: None)).catch_up()
    assert seen == [caused, ""]
    rows = await pool.fetch("SELECT traceparent FROM outbox WHERE topic = $1 ORDER BY position", f"{topic}Effect")
    assert [row["traceparent"] for row in rows] == seen


async def test_after_each_commit_the_relay_may_be_woken(pool, bus, topic, begin):
    await bus.publish(topic, [message(topic)], "1")
    worker = Worker(pool, bus, topic)
    await worker.consumer.catch_up()
    assert worker.commits == 1


async def test_a_running_consumer_outlives_the_bus_and_the_database(pool, broker, topic, settings):
    async with open_bus(broker.url) as bus:
        running = asyncio.ensure_future(Worker(pool, bus, topic).consumer.run())
        await bus.publish(topic, [message(topic, seq=1)], "1")
        await until(lambda: counted(pool, 1))
        broker.stop()
        await asyncio.sleep(0.3)
        broker.start()
        await bus.publish(topic, [message(topic, seq=2)], "1")
        await until(lambda: counted(pool, 2))
        owner = await asyncpg.connect(settings.migration_url.get_secret_value())
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'qpo-gadget'"
        )
        await owner.close()
        await bus.publish(topic, [message(topic, seq=3)], "1")
        await until(lambda: counted(pool, 3))
        running.cancel()
    assert await effects(pool) == [1, 2, 3]
