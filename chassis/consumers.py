"""Consumers: each event of a topic has its effect once, whichever replica makes it.

How far a consumer has come in a partition is a row in the service's own schema. Whoever locks the row reads behind it,
makes the effects and moves it, in one transaction: the row lock is lease and fence in one. A holder that dies loses
both with its connection; one that froze is cut off by PostgreSQL and cannot commit any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chassis import context
from chassis.bus import START, WAIT, Bus, BusUnavailable, Delivery, Message
from chassis.bus_spans import handling
from chassis.logging import logger
from chassis.patience import Patience, raise_if_cancelled
from chassis.postgres import AWAY, Pool
from chassis.principal import Principal
from chassis.reach import SYSTEM

if TYPE_CHECKING:
    from chassis.outbox import Connection

CONSUMERS_DDL = """
CREATE TABLE consumer_positions (
    consumer  text        NOT NULL,
    topic     text        NOT NULL,
    partition integer     NOT NULL,
    position  text        NOT NULL,
    moved_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, topic, partition)
);
-- The newest version of each resource that a consumer has seen: what is not newer was seen before.
CREATE TABLE consumer_versions (
    consumer text   NOT NULL,
    topic    text   NOT NULL,
    key      text   NOT NULL,
    seq      bigint NOT NULL,
    PRIMARY KEY (consumer, topic, key)
);
"""

_BEGIN = """
INSERT INTO consumer_positions (consumer, topic, partition, position)
SELECT $1, $2, partition, $3 FROM generate_series(0, $4 - 1) AS partition ON CONFLICT DO NOTHING
"""
_POSITIONS = "SELECT partition, position FROM consumer_positions WHERE consumer = $1 AND topic = $2"
_LOCK = """
SELECT position, set_config('idle_in_transaction_session_timeout', '30s', true), set_config('qpo.reach', $4, true)
FROM consumer_positions WHERE consumer = $1 AND topic = $2 AND partition = $3 FOR UPDATE SKIP LOCKED
"""
_NEWER = """
INSERT INTO consumer_versions AS v (consumer, topic, key, seq) VALUES ($1, $2, $3, $4)
ON CONFLICT (consumer, topic, key) DO UPDATE SET seq = EXCLUDED.seq WHERE v.seq < EXCLUDED.seq
RETURNING true
"""
_MOVE = """
UPDATE consumer_positions SET position = $4, moved_at = clock_timestamp()
WHERE consumer = $1 AND topic = $2 AND partition = $3
"""
_BATCH = 64
_RETRY = 1.0  # seconds before an event whose effect failed is tried again

Handle = Callable[["Connection", Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who wants to know what, and what is done about it.

    `handle` is called in a transaction, with its connection, as the principal who caused the event; `committed` after
    the commit. Events of other `types` are passed over.
    """

    consumer: str
    topic: str
    types: Collection[str]
    handle: Handle
    committed: Callable[[], None]


class Consumer:
    """Runs beside the calls of every replica."""

    def __init__(self, pool: Pool, bus: Bus, subscription: Subscription) -> None:
        self._pool = pool
        self._bus = bus
        self._wants = subscription
        self._named = (subscription.consumer, subscription.topic)

    async def run(self) -> None:
        """Consumes until cancelled; while PostgreSQL or the bus is away, the events wait."""
        patience, heard = Patience("consumer", consumer=self._wants.consumer), dict[int, str]()
        while True:
            async with patience.bearing(BusUnavailable, *AWAY):
                if not heard:
                    partitions = self._bus.partitions(self._wants.topic)
                    await self._pool.execute(_BEGIN, *self._named, START, partitions)
                    heard = await self._bus.ends(self._wants.topic)
                await self.catch_up()
                # Woken by whatever comes, also in a partition that another replica holds: it may die holding it.
                for delivery in await self._bus.read(self._wants.topic, heard, _BATCH, WAIT):
                    heard[delivery.partition] = delivery.position

    async def catch_up(self) -> None:
        """Consumes all that there is in the partitions that no other replica holds."""
        rows = await self._pool.fetch(_POSITIONS, *self._named)
        positions = {row["partition"]: row["position"] for row in rows}
        ends = await self._bus.ends(self._wants.topic)
        for partition in sorted(number for number, position in positions.items() if position != ends.get(number)):
            while await self._consumed(partition) == _BATCH:
                continue

    async def _consumed(self, partition: int) -> int:
        """Consumes up to a batch of a partition; returns how many messages that were, 0 if another holds it."""
        async with self._pool.acquire() as connection, connection.transaction():
            position = await connection.fetchval(_LOCK, *self._named, partition, SYSTEM)
            if position is None:
                return 0
            found = await self._bus.read(self._wants.topic, {partition: position}, _BATCH)
            done, failure = await self._effects(connection, found)
            if done:
                await connection.execute(_MOVE, *self._named, partition, done[-1].position)
        self._wants.committed()
        if failure is not None:
            await self._told(found[len(done)].message, failure)
        return len(done)

    async def _effects(
        self, connection: Connection, found: Sequence[Delivery]
    ) -> tuple[Sequence[Delivery], Exception | None]:
        """Makes effects one by one; returns what was consumed until one failed, and how that did."""
        for number, delivery in enumerate(found):
            if delivery.message.type not in self._wants.types:
                continue
            try:
                await self._effect(connection, delivery.message)
            except Exception as error:
                raise_if_cancelled(error)
                return found[:number], error
        return found, None

    async def _effect(self, connection: Connection, message: Message) -> None:
        """Makes one effect, or none, in a savepoint of its own; nothing if it was made before."""
        async with connection.transaction():
            if await connection.fetchval(_NEWER, *self._named, message.key, message.seq):
                with context.bound(principal=_cause(message)), handling(message):
                    await self._wants.handle(connection, message)

    async def _told(self, message: Message, failure: Exception) -> None:
        """An effect that failed holds up its partition, since the order of its key's events is promised."""
        told = {"consumer": self._wants.consumer, "type": message.type, "key": message.key, "seq": message.seq}
        logger().error("event_not_handled", **told, exc_info=failure)
        await asyncio.sleep(_RETRY)


def _cause(message: Message) -> Principal:
    """Whoever caused the event, with no right of their own: the effect is ours to make."""
    none = frozenset[str]()
    return Principal(message.user_id, message.tenant_id, none, none, tier="", token_id="", expires_at=0.0)
