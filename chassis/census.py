"""Gauges that a service reckons from its own rows, again after every pause."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from prometheus_client import Gauge

from chassis.patience import Patience
from chassis.postgres import AWAY, Pool


class Reckoned(NamedTuple):
    """A gauge, and the statement whose one value it shows; NULL shows as not a number, which no alert compares with."""

    gauge: Gauge
    statement: str
    arguments: tuple[Any, ...] = ()


class Census:
    """Runs beside the calls of every replica, all of which tell the same; while PostgreSQL is away, the last stands."""

    def __init__(self, pool: Pool, reckoned: Sequence[Reckoned], seconds: float) -> None:
        """`seconds` pass between two reckonings; until the first, nothing is known."""
        self._pool, self._reckoned, self._seconds = pool, reckoned, seconds
        for each in reckoned:
            each.gauge.set(math.nan)

    async def run(self) -> None:
        """Reckons until cancelled."""
        patience = Patience("census")
        while True:
            async with patience.bearing(*AWAY):
                await self.reckon()
            await asyncio.sleep(self._seconds)

    async def reckon(self) -> None:
        """Reckons once. Raises what PostgreSQL raises."""
        for gauge, statement, arguments in self._reckoned:
            value = await self._pool.fetchval(statement, *arguments)
            gauge.set(math.nan if value is None else float(value))
