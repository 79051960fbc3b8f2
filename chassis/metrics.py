"""The spec's technical metrics, in a registry that is handed around and never global."""

from __future__ import annotations

from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    start_http_server,
)

# The spec's buckets, seconds.
_BUCKETS = (0.01, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)


class Metrics:
    """Counts the calls and their durations.

    `method` is the kind of call (unary, server_stream, client_stream, bidi_stream), `endpoint` the RPC's path,
    `status` the name of its code. A stream's response time is the time to its first message.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = CollectorRegistry() if registry is None else registry
        self._requests = Counter(
            "api_requests_total", "Total API requests", ["method", "endpoint", "status"], registry=self.registry
        )
        self._durations = Histogram(
            "api_response_time_seconds", "API response time", ["endpoint"], buckets=_BUCKETS, registry=self.registry
        )
        self._counters: dict[tuple[str, str, str], Any] = {}
        self._observers: dict[str, Any] = {}

    def count(self, kind: str, path: str, code: str) -> None:
        """Counts one finished call."""
        key = (kind, path, code)
        counter = self._counters.get(key)
        if counter is None:
            counter = self._counters[key] = self._requests.labels(*key)
        counter.inc()

    def observe(self, path: str, seconds: float) -> None:
        """Records how long the caller waited for the first message of the answer."""
        observer = self._observers.get(path)
        if observer is None:
            observer = self._observers[path] = self._durations.labels(path)
        observer.observe(seconds)


class MetricsEndpoint:
    """Serves `/metrics` over HTTP, on a thread of its own."""

    def __init__(self, registry: CollectorRegistry, host: str, port: int) -> None:
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        self._http, self._thread = start_http_server(port, host, registry=registry)
        self.port: int = self._http.server_port

    def close(self) -> None:
        """Stops answering."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(timeout=5)
