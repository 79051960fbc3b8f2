"""The spec's gauge of portfolios."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge


class PrometheusCensus:
    """`active_portfolios_count`: the portfolios of everybody, as this process last counted them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._gauge = Gauge("active_portfolios_count", "Number of active portfolios", registry=registry)

    def tell(self, count: int) -> None:
        """Set the gauge."""
        self._gauge.set(count)
