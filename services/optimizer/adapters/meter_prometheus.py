"""The spec's metrics of optimization."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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

        self._answered = Counter(
            "optimization_engine_answers_total",
            "Optima by the engine that found them",
            ["engine"],
            registry=registry,
        )
        self._given_up = Counter(
            "optimization_engine_fallbacks_total",
            "Problems that an engine gave up, so that another was asked",
            ["engine"],
            registry=registry,
        )

    def answered(self, engine: str, given_up: Sequence[str]) -> None:
        """Count one optimum, and those who gave it up."""
        self._answered.labels(engine).inc()
        for each in given_up:
            self._given_up.labels(each).inc()

    def ended(self, tier: str, kind: str, result: str, seconds: float) -> None:
        """Count one solve."""
        self._ended.labels(tier, kind, result).inc()
        self._took.labels(kind).observe(seconds)


def lost_workers(registry: CollectorRegistry) -> Callable[[], None]:
    """What counts a worker process that ended and is replaced."""
    lost = Counter("optimization_workers_lost", "Worker processes that ended and were replaced", registry=registry)
    return lost.inc
