"""The spec's metrics of optimization."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

BUCKETS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)


class PrometheusMeter:
    """Meter on a Prometheus registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._ended = Counter(
            "portfolio_optimizations_total",
            "Total number of portfolio optimizations",
            ["user_tier", "optimization_type", "result"],
            registry=registry,
        )
        self._took = Histogram(
            "optimization_duration_seconds",
            "Portfolio optimization duration",
            ["optimization_type"],
            buckets=BUCKETS,
            registry=registry,
        )

    def ended(self, tier: str, kind: str, result: str, seconds: float) -> None:
        """Count one solve."""
        self._ended.labels(tier, kind, result).inc()
        self._took.labels(kind).observe(seconds)
