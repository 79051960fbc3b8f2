"""Consumers of whole batches: what a topic carries in masses is taken in, many messages to one commit.

As in consumers.py a position is a row, and its lock lease and fence in one; but a turn locks several partitions, reads
behind all of them, and has one effect. A replica takes no more than its share at a time, those first that have waited
longest, so that several work side by side and a lone one comes round to all.

A message whose effect fails every time would hold up its partition for ever: after some attempts it is put aside, into
the topic's dead letters, and the next is taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge

from chassis.bus import START, Bus, BusUnavailable, Delivery, Topic
from chassis.logging import logger
from chassis.patience import Patience, raise_if_cancelled
from chassis.postgres import AWAY, GONE, Pool
from chassis.reach import SYSTEM

if TYPE_CHECKING:
    from chassis.outbox import Connection

BATCHES_DDL = """
CREATE TABLE batch_positions (
    consumer  text        NOT NULL,
    topic     text        NOT NULL,
    partition integer     NOT NULL,
    position  text        NOT NULL,
    -- Attempts at the message behind the position that failed.
    attempts  integer     NOT NULL DEFAULT 0,
    moved_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, topic, partition)
);
"""
DEAD_LETTERS = ".dead-letter"  # behind the topic's name

_BEGIN = """
INSERT INTO batch_positions (consumer, topic, partition, position)
SELECT $1, $2, partition, $3 FROM generate_series(0, $4 - 1) AS partition ON CONFLICT DO NOTHING
"""
_POSITIONS = "SELECT partition, position FROM batch_positions WHERE consumer = $1 AND topic = $2"
_LOCK = """
SELECT partition, position, attempts, set_config('idle_in_transaction_session_timeout', '30s', true),
       set_config('qpo.reach', $4, true)
FROM batch_positions WHERE consumer = $1 AND topic = $2 ORDER BY moved_at LIMIT $3 FOR UPDATE SKIP LOCKED
"""
_MOVE = """
UPDATE batch_positions AS p SET position = moved.position, attempts = moved.attempts, moved_at = clock_timestamp()
FROM unnest($3::integer[], $4::text[], $5::integer[]) AS moved (partition, position, attempts)
WHERE p.consumer = $1 AND p.topic = $2 AND p.partition = moved.partition
"""
_MEASURED = 5.0  # seconds between two measurements of the lag
_WAIT = 1.0  # seconds that a consumer without messages waits for some, before its effect is asked for without any

Handle = Callable[["Connection", Sequence[int], Sequence[Delivery]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class BatchSubscription:
    """Who takes what in.

    `handle` is called in a transaction, with its connection, the partitions that are locked and what lies behind their
    positions, in order within each; from time to time with nothing, for what only time brings about.
    """

    consumer: str
    topic: Topic
    handle: Handle
    together: int = 512  # messages of a partition in one turn
    share: int = 6  # partitions in one turn
    attempts: int = 5  # at a message, before it is put aside


class BatchMeter:
    """How far consumers are behind, and what they put aside."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lag = Gauge(
            "bus_lag_messages",
            "Messages behind a consumer's position",
            ["consumer", "topic", "partition"],
            registry=registry,
        )
        self._dead = Counter(
            "bus_dead_letters", "Messages that a consumer put aside", ["consumer", "topic"], registry=registry
        )

    def lag(self, consumer: str, topic: str, behind: Mapping[int, int]) -> None:
        """Keeps how many messages lie behind each position."""
        for partition, count in behind.items():
            self._lag.labels(consumer, topic, str(partition)).set(count)

    def dead(self, consumer: str, topic: str) -> None:
        """Counts a message that was put aside."""
        self._dead.labels(consumer, topic).inc()


@dataclass(slots=True)
class _Place:
    """How far a partition is after a turn."""

    position: str
    attempts: int


async def lag_of(pool: Pool, bus: Bus, consumer: str, topic: str) -> dict[int, int]:
    """Returns how many messages of each partition a consumer has not taken in; nothing if it never began.

    Raises BusUnavailable and what PostgreSQL raises.
    """
    rows = await pool.fetch(_POSITIONS, consumer, topic)
    return await bus.lag(topic, {row["partition"]: row["position"] for row in rows}) if rows else {}


class BatchConsumer:
    """Runs in every replica."""

    def __init__(self, pool: Pool, bus: Bus, subscription: BatchSubscription, meter: BatchMeter) -> None:
        self._pool = pool
        self._bus = bus
        self._wants = subscription
        self._meter = meter
        self._named = (subscription.consumer, subscription.topic.name)

    async def run(self) -> None:
        """Consumes until cancelled; while PostgreSQL or the bus is away, the messages wait."""
        patience, heard = Patience("batch_consumer", consumer=self._wants.consumer), dict[int, str]()
        clock, due = asyncio.get_running_loop().time, 0.0
        while True:
            async with patience.bearing(BusUnavailable, *AWAY):
                if not heard:
                    await self.begin()
                    heard = await self._bus.ends(self._wants.topic.name)
                await self._all_round()
                if clock() >= due:
                    due = clock() + _MEASURED
                    await self.measure()
                for delivery in await self._bus.read(self._wants.topic.name, heard, self._wants.together, _WAIT):
                    heard[delivery.partition] = delivery.position

    async def _all_round(self) -> None:
        """Takes turns until none of as many as it takes to come round to all partitions found a message."""
        empty = 0
        while empty * self._wants.share < self._wants.topic.partitions:
            raise_if_cancelled()  # an effect may have swallowed it
            empty = 0 if await self.turn() else empty + 1

    async def begin(self) -> None:
        """Stands at the topic's beginning, unless it stood somewhere before."""
        await self._bus.declare(self._wants.topic)
        await self._pool.execute(_BEGIN, *self._named, START, self._wants.topic.partitions)

    async def measure(self) -> None:
        """Tells the meter how much lies behind the positions."""
        self._meter.lag(*self._named, await lag_of(self._pool, self._bus, *self._named))

    async def turn(self) -> int:
        """Takes in what lies behind the positions that no other replica holds; returns how many messages that were."""
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(_LOCK, *self._named, self._wants.share, SYSTEM)
            if not rows:
                return 0
            places = {row["partition"]: _Place(row["position"], row["attempts"]) for row in rows}
            behind = {partition: place.position for partition, place in places.items()}
            found = await self._bus.read(self._wants.topic.name, behind, self._wants.together)
            if not await self._all_at_once(connection, places, found):
                await self._one_by_one(connection, places, found)
            moved = (
                list(places),
                [each.position for each in places.values()],
                [each.attempts for each in places.values()],
            )
            await connection.execute(_MOVE, *self._named, *moved)
        return len(found)

    async def _all_at_once(self, connection: Connection, places: dict[int, _Place], found: Sequence[Delivery]) -> bool:
        """Has the one effect of all; tells whether it could be had."""
        if (failure := await self._failure(connection, sorted(places), found)) is not None:
            logger().warning("batch_not_handled", consumer=self._wants.consumer, messages=len(found), exc_info=failure)
            return False
        for delivery in found:
            places[delivery.partition] = _Place(delivery.position, 0)
        return True

    async def _one_by_one(self, connection: Connection, places: dict[int, _Place], found: Sequence[Delivery]) -> None:
        """Has each message's own effect, up to the first of each partition that fails; puts that aside at last."""
        held = set[int]()
        for delivery in found:
            place = places[delivery.partition]
            if delivery.partition in held:
                continue
            failure = await self._failure(connection, [delivery.partition], [delivery])
            if failure is None:
                places[delivery.partition] = _Place(delivery.position, 0)
            elif place.attempts + 1 < self._wants.attempts:
                place.attempts += 1
                held.add(delivery.partition)
            else:
                await self._put_aside(delivery, failure)
                places[delivery.partition] = _Place(delivery.position, 0)

    async def _failure(
        self, connection: Connection, partitions: Sequence[int], found: Sequence[Delivery]
    ) -> Exception | None:
        """Has an effect in a savepoint of its own; returns how it failed. Raises what no message is to blame for."""
        try:
            async with connection.transaction():
                await self._wants.handle(connection, partitions, found)
        except (BusUnavailable, *GONE):
            raise
        except Exception as failure:
            raise_if_cancelled(failure)
            return failure
        return None

    async def _put_aside(self, delivery: Delivery, failure: Exception) -> None:
        message, topic = delivery.message, self._wants.topic.name
        told = {"consumer": self._wants.consumer, "topic": topic, "key": message.key, "event_id": message.event_id}
        logger().error("message_put_aside", **told, exc_info=failure)
        await self._bus.publish(topic + DEAD_LETTERS, [message], "")
        self._meter.dead(self._wants.consumer, topic)
