"""What is taken in, in masses, is taken in once, whoever dies meanwhile and whatever cannot be taken in."""

import asyncio

import asyncpg
import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry

from chassis.batches import BATCHES_DDL, DEAD_LETTERS, BatchConsumer, BatchMeter, BatchSubscription
from chassis.bus import Topic
from tests.chassis.conftest import SCHEMA
from tests.chassis.events.conftest import everything, message
from tests.chassis.events.test_relay import until

EFFECT = """
INSERT INTO effects (event_id, key, seq, by) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[])
"""


class Killed(BaseException):
    """The process dies here."""


class Worker:
    """A replica that writes down what it took in, and can be told to die before it commits, or to fail at a message."""

    def __init__(self, pool, bus, topic, name="worker", **options):
        self.name, self.poison, self.dies, self.sizes = name, set(), False, []
        self.gate = asyncio.Event()
        self.gate.set()
        self.registry = CollectorRegistry()
        wants = BatchSubscription("tests", Topic(topic), self._handle, **options)
        self.consumer = BatchConsumer(pool, bus, wants, BatchMeter(self.registry))

    async def _handle(self, connection, partitions, found):
        await self.gate.wait()
        self.sizes.append(len(found))
        rows = [(each.message.event_id, each.message.key, each.message.seq, self.name) for each in found]
        assert {each.partition for each in found} <= set(partitions)
        if rows:
            await connection.execute(EFFECT, *map(list, zip(*rows, strict=True)))
        if any(each.message.seq in self.poison for each in found):
            raise ValueError("this message cannot be taken in")
        if self.dies:
            raise Killed

    async def drained(self):
        while await self.consumer.turn():
            continue


@pytest_asyncio.fixture
async def store(pool, settings):
    owner = await asyncpg.connect(settings.migration_url.get_secret_value())
    await owner.execute(f"SET search_path TO {SCHEMA}")
    await owner.execute(BATCHES_DDL)
    await owner.close()
    return pool


def spread(topic, count, first=1):
    return [message(topic, key=f"key-{seq % 40}", seq=seq) for seq in range(first, first + count)]


async def taken(pool, by=None):
    rows = await pool.fetch("SELECT key, seq, by FROM effects ORDER BY n")
    return [(row["key"], row["seq"]) for row in rows if by in (None, row["by"])]


def in_order_once(effects, sent):
    """Each message once, and those of a key in their order."""
    assert sorted(effects) == sorted((each.key, each.seq) for each in sent)
    for key in {each.key for each in sent}:
        assert [seq for k, seq in effects if k == key] == [each.seq for each in sent if each.key == key]


async def test_all_is_taken_in_once_and_in_order_many_to_a_commit(store, bus, topic):
    worker, sent = Worker(store, bus, topic, share=12), spread(topic, 600)
    await worker.consumer.begin()
    await bus.publish(topic, sent, "1")
    assert await worker.consumer.turn() == 600
    await worker.drained()
    in_order_once(await taken(store), sent)


async def test_a_lone_replica_comes_round_to_all_partitions(store, bus, topic):
    worker, sent = Worker(store, bus, topic, share=5, together=20), spread(topic, 400)
    await worker.consumer.begin()
    await bus.publish(topic, sent, "1")
    for _ in range(40):
        await worker.consumer.turn()
    in_order_once(await taken(store), sent)


async def test_two_replicas_work_side_by_side_on_partitions_of_their_own(store, bus, topic):
    one, other, sent = Worker(store, bus, topic, "one"), Worker(store, bus, topic, "other"), spread(topic, 400)
    await one.consumer.begin()
    await bus.publish(topic, sent, "1")
    one.gate.clear()
    slow = asyncio.ensure_future(one.consumer.turn())
    await until(lambda: locked(store, 6))
    await other.drained()
    assert 0 < len(await taken(store, "other")) < 400
    one.gate.set()
    await slow
    await one.drained()
    in_order_once(await taken(store), sent)


async def locked(pool, count):
    free = await pool.fetch("SELECT partition FROM batch_positions FOR UPDATE SKIP LOCKED")
    return 12 - len(free) == count


async def test_what_a_dead_replica_had_not_committed_is_taken_in_by_another(store, bus, topic):
    dying, heir, sent = Worker(store, bus, topic, share=12), Worker(store, bus, topic, share=12), spread(topic, 300)
    await dying.consumer.begin()
    await bus.publish(topic, sent, "1")
    dying.dies = True
    with pytest.raises(Killed):
        await dying.consumer.turn()
    await heir.drained()
    in_order_once(await taken(store), sent)


async def test_a_message_that_cannot_be_taken_in_is_put_aside_and_nothing_else_is(store, bus, topic):
    worker, sent = Worker(store, bus, topic, share=12, attempts=3), spread(topic, 200)
    worker.poison = {77, 78, 117}  # 77 and 117 have one key
    await worker.consumer.begin()
    await bus.publish(topic, sent, "1")
    for _ in range(8):
        await worker.consumer.turn()
    in_order_once(await taken(store), [each for each in sent if each.seq not in worker.poison])
    dead = await everything(bus, topic + DEAD_LETTERS)
    assert sorted(each.seq for each in dead) == [77, 78, 117]
    assert {each.payload for each in dead} == {sent[0].payload}
    assert worker.registry.get_sample_value("bus_dead_letters_total", {"consumer": "tests", "topic": topic}) == 3


async def test_attempts_are_counted_across_replicas_and_forgotten_after_a_success(store, bus, topic):
    sent = [message(topic, seq=seq) for seq in (1, 2)]
    await Worker(store, bus, topic).consumer.begin()
    await bus.publish(topic, sent, "1")
    for _ in range(2):
        worker = Worker(store, bus, topic, share=12, attempts=4)
        worker.poison = {2}
        await worker.consumer.turn()
    assert await store.fetchval("SELECT max(attempts) FROM batch_positions") == 2
    healed = Worker(store, bus, topic, share=12)
    await healed.consumer.turn()
    assert await taken(store) == [("k", 1), ("k", 2)]
    assert await store.fetchval("SELECT max(attempts) FROM batch_positions") == 0
    assert await everything(bus, topic + DEAD_LETTERS) == []


async def test_the_meter_tells_how_far_it_is_behind(store, bus, topic):
    worker = Worker(store, bus, topic, share=12)
    await worker.consumer.begin()
    await bus.publish(topic, spread(topic, 60), "1")

    async def behind():
        await worker.consumer.measure()
        samples = [sample for metric in worker.registry.collect() for sample in metric.samples]
        return sum(sample.value for sample in samples if sample.name == "bus_lag_messages")

    assert await behind() == 60
    await worker.drained()
    assert await behind() == 0


async def test_it_runs_until_cancelled_and_calls_without_messages_too(store, bus, topic):
    worker, sent = Worker(store, bus, topic), spread(topic, 100)
    running = asyncio.ensure_future(worker.consumer.run())

    async def all_there():
        return len(await taken(store)) == 100

    async def idle():
        return worker.sizes.count(0) >= 3

    await until(idle)
    await bus.publish(topic, sent, "1")
    await until(all_there)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    in_order_once(await taken(store), sent)


@pytest.mark.parametrize("swallows", [True, False])
async def test_it_ends_when_it_is_cancelled_though_an_effect_or_its_driver_tells_that_otherwise(
    store, bus, topic, swallows
):
    """A driver may answer the cancellation of its statement by an error of its own, or an effect bear with it."""
    worker, entered = Worker(store, bus, topic, share=12), asyncio.Event()

    async def handle(connection, partitions, found):
        entered.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if not swallows:
                raise OSError("the connection was lost") from None

    worker.consumer._wants = BatchSubscription("tests", Topic(topic), handle, share=12)
    running = asyncio.ensure_future(worker.consumer.run())
    await entered.wait()
    running.cancel()
    done, _ = await asyncio.wait([running], timeout=10)
    assert done == {running}
    assert running.cancelled()
