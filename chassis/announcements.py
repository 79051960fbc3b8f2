"""What is told to the bus without having been stored: it waits in memory until the bus has it.

For what has no transaction to be told in and no row to lose, such as a refusal. It holds up no call: a bus that is away
is waited for behind the callers' backs, and what finds no place any more is dropped, counted and logged. What comes
about with an effect is an event, and goes through the outbox.

The key of all messages is one that this process made up, and their numbers count up: a batch that was published twice,
because the bus took it and could not say so, is seen once by every consumer.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import replace
from itertools import islice
from weakref import WeakKeyDictionary

from prometheus_client import CollectorRegistry, Counter

from chassis import context
from chassis.bus import Bus, BusUnavailable, Message
from chassis.bus_spans import publishing
from chassis.clock import SystemClock
from chassis.envelopes import enveloped
from chassis.ids import Uuid7Ids
from chassis.logging import logger
from chassis.patience import Patience

_MOST = 10_000  # messages that wait, of a kilobyte or less
_BATCH = 256


# One counter of all topics per registry, which takes a name once.
_counters: WeakKeyDictionary[CollectorRegistry, Counter] = WeakKeyDictionary()


def _counted_in(registry: CollectorRegistry) -> Counter:
    counter = _counters.get(registry)
    if counter is None:
        counter = Counter("announcements", "Messages told without an outbox", ["topic", "result"], registry=registry)
        _counters[registry] = counter
    return counter


class Announcements:
    """Tells one topic; `run` beside the calls, and `close` behind them.

    announcements_total{topic, result}: `published`, or `full` and `stopped` for what was dropped.
    """

    def __init__(
        self,
        bus: Bus,
        topic: str,
        registry: CollectorRegistry,
        *,
        most: int = _MOST,
        ids: Uuid7Ids | None = None,
        clock: SystemClock | None = None,
    ) -> None:
        self._bus, self._topic, self._most = bus, topic, most
        self._ids, self._clock = ids or Uuid7Ids(), clock or SystemClock()
        self._key, self._seq = self._ids.new(), 0
        self._queue: deque[Message] = deque()
        self._waiting = asyncio.Event()
        self._patience = Patience("announcements", topic=topic)
        self._is_full = False
        told = _counted_in(registry)
        self._results = {name: told.labels(topic, name) for name in ("published", "full", "stopped")}

    def tell(self, type_: str, payload: bytes) -> None:
        """Tells it soon, as what the present call's principal caused; returns at once.

        `type_` is the field of the payload's oneof `event`.
        """
        if len(self._queue) >= self._most:
            self._dropped()
            return
        self._is_full = False
        self._queue.append(self._message(type_, payload))
        self._waiting.set()

    async def run(self) -> None:
        """Publishes until cancelled; while the bus is away, what there is waits."""
        while True:
            await self._waiting.wait()
            async with self._patience.bearing(BusUnavailable):
                await self._publish()

    async def close(self, seconds: float) -> None:
        """Publishes what waits, for at most so many seconds; the rest is dropped. Only once `run` has ended."""
        try:
            async with asyncio.timeout(seconds):
                while self._queue:
                    async with self._patience.bearing(BusUnavailable):
                        await self._publish()
        except TimeoutError:
            self._results["stopped"].inc(len(self._queue))
            logger().error("announcements_dropped", topic=self._topic, why="stopped", messages=len(self._queue))
            self._queue.clear()

    async def _publish(self) -> None:
        """Publishes a batch. What is cut off here is published again, and known by its numbers."""
        batch = list(islice(self._queue, _BATCH))
        with publishing(batch) as messages:
            await self._bus.publish(self._topic, messages, batch[-1].occurred_at.isoformat())
        for _ in batch:
            self._queue.popleft()
        self._results["published"].inc(len(batch))
        if not self._queue:
            self._waiting.clear()

    def _dropped(self) -> None:
        self._results["full"].inc()
        if not self._is_full:
            self._is_full = True
            logger().error("announcements_dropped", topic=self._topic, why="full", messages=self._most)

    def _message(self, type_: str, payload: bytes) -> Message:
        self._seq += 1
        message = enveloped(
            self._topic,
            type_,
            payload,
            key=self._key,
            seq=self._seq,
            event_id=self._ids.new(),
            now=self._clock.now(),
        )
        return replace(message, ip_address=context.client_address(), user_agent=context.user_agent())
