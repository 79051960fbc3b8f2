"""A collector of spans over OTLP: a test double, on a real gRPC server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.proto.trace.v1.trace_pb2 import Span

INTERNAL, SERVER, CLIENT, PRODUCER, CONSUMER = range(1, 6)


@dataclass(frozen=True)
class Seen:
    """A span as it came."""

    service: str
    name: str
    kind: int
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]

    @classmethod
    def of(cls, service: str, span: Span) -> Seen:
        ids = span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()
        told = {
            each.key: getattr(each.value, each.value.WhichOneof("value") or "string_value") for each in span.attributes
        }
        return cls(service, span.name, span.kind, *ids, told)


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    """Keeps every span that is sent to it."""

    def __init__(self) -> None:
        self._spans: list[Seen] = []
        self._came = threading.Condition()
        self._server = grpc.server(ThreadPoolExecutor(4))
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(self, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def Export(self, request: Any, _context: Any) -> Any:  # noqa: N802 - the contract's name
        with self._came:
            for of_resource in request.resource_spans:
                names = {each.key: each.value.string_value for each in of_resource.resource.attributes}
                for scope in of_resource.scope_spans:
                    self._spans += [Seen.of(names["service.name"], span) for span in scope.spans]
            self._came.notify_all()
        return trace_service_pb2.ExportTraceServiceResponse()

    def spans(self, trace: str | None = None) -> list[Seen]:
        with self._came:
            return [span for span in self._spans if trace in (None, span.trace)]

    def await_spans(
        self, enough: Callable[[list[Seen]], bool], trace: str | None = None, seconds: float = 60.0
    ) -> list[Seen]:
        """All spans (of a trace) once they are enough, or when the time is over."""
        with self._came:
            self._came.wait_for(lambda: enough([s for s in self._spans if trace in (None, s.trace)]), seconds)
        return self.spans(trace)

    def __enter__(self) -> Collector:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(0)
