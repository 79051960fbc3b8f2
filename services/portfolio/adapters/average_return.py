"""What portfolios return: the specification's figure of the business."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge

from chassis.census import Census, Reckoned
from chassis.postgres import Pool
from chassis.reach import SYSTEM, alone

_PAUSE = 900.0  # seconds: it reads every portfolio, and moves by the day
# (value / initial cash) ^ (365 / days) − 1, the mean over portfolios that were invested and are 30 days old: a year of
# a younger one says nothing. Holdings count what they were worth when they were last traded.
_MEAN = f"""
SELECT avg(power(greatest(p.cash + h.worth, 0)::float8 / p.initial_cash::float8, 365 * 86400 / p.age) - 1)
FROM (
    SELECT id, cash, initial_cash, extract(epoch FROM now() - created_at)::float8 AS age FROM portfolios
    WHERE {alone(1)} AND initial_cash > 0 AND created_at < now() - interval '30 days'
) AS p JOIN (SELECT portfolio_id, sum(value) AS worth FROM holdings GROUP BY portfolio_id) AS h ON h.portfolio_id = p.id
"""  # noqa: S608 - ours


def average_return(pool: Pool, registry: CollectorRegistry) -> Census:
    """`portfolio_average_return`: a fraction a year; not a number while no portfolio is old enough."""
    gauge = Gauge("portfolio_average_return", "Mean return of invested portfolios, a year", registry=registry)
    return Census(pool, [Reckoned(gauge, _MEAN, (SYSTEM,))], _PAUSE)
