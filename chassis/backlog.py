"""What waits between a service and the bus: events that no relay has published, messages before its consumers."""

from __future__ import annotations

import asyncio
from collections import defaultdict

from prometheus_client import CollectorRegistry, Gauge

from chassis.batches import BatchMeter
from chassis.bus import Bus, BusUnavailable
from chassis.patience import Patience
from chassis.postgres import AWAY, Pool
from chassis.reach import SYSTEM, alone

_PAUSE = 5.0  # seconds between two looks
_OLDEST = f"""
SELECT coalesce(extract(epoch FROM clock_timestamp() - (
    SELECT knowledge_at FROM outbox WHERE {alone(1)} AND published_at IS NULL ORDER BY position LIMIT 1
)), 0)::float8
"""  # noqa: S608 - ours
_POSITIONS = "SELECT consumer, topic, partition, position FROM consumer_positions"


class Backlog:
    """Runs beside the calls of every replica; what it tells goes to zero by itself, or something is wrong."""

    def __init__(self, pool: Pool, bus: Bus, registry: CollectorRegistry, meter: BatchMeter | None = None) -> None:
        """`meter` is that of the service's batch consumers, where it has some."""
        self._pool, self._bus, self._meter = pool, bus, meter or BatchMeter(registry)
        self._oldest = Gauge(
            "outbox_oldest_waiting_seconds",
            "Age of the oldest event that is not on the bus, 0 if there is none",
            registry=registry,
        )

    async def run(self) -> None:
        """Looks until cancelled; while the bus is away, the age of what waits is told all the same."""
        patience = Patience("backlog")
        while True:
            async with patience.bearing(BusUnavailable, *AWAY):
                await self.look()
            await asyncio.sleep(_PAUSE)

    async def look(self) -> None:
        """Looks once. Raises BusUnavailable and what PostgreSQL raises."""
        self._oldest.set(await self._pool.fetchval(_OLDEST, SYSTEM))
        behind: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
        for consumer, topic, partition, position in await self._pool.fetch(_POSITIONS):
            behind[consumer, topic][partition] = position
        for (consumer, topic), positions in behind.items():
            self._meter.lag(consumer, topic, await self._bus.lag(topic, positions))
