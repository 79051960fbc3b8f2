"""The relay: publishes what lies in the outbox, at least once and in order.

Per schema one relay works at a time, whichever replica holds the lock; its transaction is held from before the rows
are read until they are marked. Killed in between, it has published what another relay publishes again.

Each batch leaves its time on the bus, beside its messages, and in its rows. A bus that remembers an earlier time than
the rows has lost what came after it, by a crash or with its disk: that is published again.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chassis.bus import Bus, BusUnavailable, Message
from chassis.bus_spans import publishing
from chassis.logging import logger
from chassis.patience import Patience
from chassis.postgres import AWAY, Pool
from chassis.reach import SYSTEM

if TYPE_CHECKING:
    from chassis.outbox import Connection

_BATCH = 500
_GATHER = 0.01  # seconds in which a batch gathers: many events share the round trips of one
_POLL = 5.0  # seconds between two looks for what a killed replica left
_TURN = 0.05  # seconds before another replica, which relays right now, is asked again whether it is done

# A statement of its own: what follows sees what the relay before has committed. Nobody waits for the lock, on a
# connection that a call could use. Frozen, a holder loses it.
_LOCK = """
SELECT pg_try_advisory_xact_lock(hashtextextended('outbox of ' || current_schema(), 0)),
       set_config('idle_in_transaction_session_timeout', '30s', true), set_config('qpo.reach', $1, true)
"""
_WAITING = """
SELECT position, event_id::text, topic, type, key, seq, occurred_at, knowledge_at, traceparent, user_id, tenant_id,
       schema_version, payload, ip_address, user_agent
FROM outbox WHERE published_at IS NULL ORDER BY position LIMIT $1
"""
_TIMES = "SELECT clock_timestamp(), max(published_at) FROM outbox"
_MARK = "UPDATE outbox SET published_at = $2 WHERE position = ANY ($1::bigint[])"
_TAKE_BACK = "UPDATE outbox SET published_at = NULL WHERE published_at > $1"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Relay:
    """Runs beside the calls of every replica; all that its schema tells goes to one topic."""

    def __init__(self, pool: Pool, bus: Bus, topic: str, *, gather: float = _GATHER, poll: float = _POLL) -> None:
        self._pool = pool
        self._bus = bus
        self._topic = topic
        self._gather = gather
        self._poll = poll
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Tells that events were committed; they are published in a moment."""
        self._woken.set()

    async def run(self) -> None:
        """Relays until cancelled; while PostgreSQL or the bus is away, the outbox keeps what there is."""
        patience = Patience("relay")
        while True:
            self._woken.clear()
            async with patience.bearing(BusUnavailable, *AWAY):
                while (relayed := await self.relay()) == _BATCH:
                    continue
                if relayed is None:
                    await asyncio.sleep(_TURN)
                    self._woken.set()
            if not patience.tried:
                await self._rest()

    async def relay(self) -> int | None:
        """Publishes one batch; returns how many events it had, None while another replica relays.

        Raises BusUnavailable and what PostgreSQL raises.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            return await self._relayed(connection)

    async def _relayed(self, connection: Connection) -> int | None:
        if not await connection.fetchval(_LOCK, SYSTEM):
            return None
        [(now, last)] = await connection.fetch(_TIMES)
        if last is not None:
            await self._take_back_what_was_lost(connection, last)
        rows = await connection.fetch(_WAITING, _BATCH)
        if rows:
            with publishing([_message(row) for row in rows]) as messages:
                await self._bus.publish(self._topic, messages, now.isoformat())
            await connection.execute(_MARK, [row["position"] for row in rows], now)
        return len(rows)

    async def _take_back_what_was_lost(self, connection: Connection, last: datetime) -> None:
        mark = await self._bus.mark(self._topic)
        kept = datetime.fromisoformat(mark) if mark else _NEVER
        if kept < last:
            lost = await connection.execute(_TAKE_BACK, kept)
            logger().warning("bus_lost_events", topic=self._topic, events=int(lost.rpartition(" ")[2]))

    async def _rest(self) -> None:
        """Waits to be woken, or for the next look."""
        try:
            async with asyncio.timeout(self._poll):
                await self._woken.wait()
                await asyncio.sleep(self._gather)
        except TimeoutError:
            return


def _message(row: Any) -> Message:
    return Message(*tuple(row)[1:])
