"""How many use the platform: the specification's figure of the business."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge

from chassis.census import Census, Reckoned
from chassis.postgres import Pool

_PAUSE = 300.0  # seconds
_OF_A_DAY = "SELECT count(DISTINCT user_id) FROM usage_minutes WHERE minute > now() - interval '1 day'"


def active_users(pool: Pool, registry: CollectorRegistry) -> Census:
    """`daily_active_users`: whoever made a call in the last 24 hours, as all services told auth."""
    gauge = Gauge("daily_active_users", "Users who made a call in the last 24 hours", registry=registry)
    return Census(pool, [Reckoned(gauge, _OF_A_DAY)], _PAUSE)
