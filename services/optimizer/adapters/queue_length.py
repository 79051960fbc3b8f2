"""How many jobs wait: what workers are added by."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge

from chassis.census import Census, Reckoned
from chassis.postgres import Pool
from chassis.reach import SYSTEM, alone

_PAUSE = 5.0  # seconds
_QUEUED = f"SELECT count(*) FROM optimizations WHERE {alone(1)} AND state = 'queued'"  # noqa: S608 - ours


def queue_length(pool: Pool, registry: CollectorRegistry) -> Census:
    """`optimization_queue_length`: the same of every replica, since all claim from one queue."""
    gauge = Gauge("optimization_queue_length", "Jobs that wait for a worker", registry=registry)
    return Census(pool, [Reckoned(gauge, _QUEUED, (SYSTEM,))], _PAUSE)
