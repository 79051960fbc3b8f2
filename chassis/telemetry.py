"""Traces: one server span per call and one client span per inner call, in W3C trace context.

Written on the SDK itself, since the contributed interceptor costs several times what the call does. Without an
exporter no span is recorded; the trace id still walks through the mesh, into the logs and to the caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from opentelemetry import context as otel
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_W3C = TraceContextTextMapPropagator()
_NO_CONTEXT = otel.Context()
_SERVER_FAULTS = frozenset({"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})


class Telemetry:
    """One service's tracer; `processors` receive its spans, none means that nothing is recorded."""

    def __init__(self, service: str, version: str = "", processors: Sequence[SpanProcessor] = ()) -> None:
        resource = Resource({"service.name": service, "service.version": version})
        sampler = ParentBased(ALWAYS_ON) if processors else ALWAYS_OFF
        self._provider = TracerProvider(resource=resource, sampler=sampler, shutdown_on_exit=False)
        for processor in processors:
            self._provider.add_span_processor(processor)
        self.tracer = self._provider.get_tracer("qpo.chassis", version)

    def begin(self, path: str, headers: Mapping[str, str]) -> trace.Span:
        """Starts the server span of a call, as a child of the caller's if it sent a `traceparent`."""
        parent = _W3C.extract(headers, context=_NO_CONTEXT) if "traceparent" in headers else _NO_CONTEXT
        attributes = rpc_attributes(path)
        return self.tracer.start_span(path[1:], context=parent, kind=trace.SpanKind.SERVER, attributes=attributes)

    def close(self) -> None:
        """Sends what is still held and stops; may take up to the exporter's time limit."""
        self._provider.shutdown()


def exporting(endpoint: str | None) -> list[SpanProcessor]:
    """Returns the processors that send spans to an OTLP collector at `endpoint` (host:port), none without one."""
    if endpoint is None:
        return []
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    return [BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, insecure=True))]


def trace_id_of(span: trace.Span) -> str:
    """Returns the span's trace id, 32 hexadecimal digits."""
    return trace.format_trace_id(span.get_span_context().trace_id)


def attach(span: trace.Span) -> Any:
    """Makes `span` the current one; give the returned token to `detach`."""
    return otel.attach(trace.set_span_in_context(span))


def detach(token: Any) -> None:
    """Ends what `attach` began."""
    otel.detach(token)


@contextmanager
def resumed(traceparent: str) -> Iterator[None]:
    """Works inside the block as a part of the trace that `traceparent` names; empty: of none."""
    token = otel.attach(_W3C.extract({"traceparent": traceparent}, context=_NO_CONTEXT))
    try:
        yield
    finally:
        otel.detach(token)


def finish(span: trace.Span, code: str, error: BaseException | None = None) -> None:
    """Ends a span with the call's status code; only a fault of the server marks it as failed."""
    if span.is_recording():
        span.set_attribute("rpc.response.status_code", code)
        if code in _SERVER_FAULTS:
            span.set_status(trace.StatusCode.ERROR, code)
        if error is not None:
            span.set_attribute("error.type", type(error).__qualname__)
    span.end()


def rpc_attributes(path: str) -> dict[str, str]:
    """Returns the attributes that OpenTelemetry's conventions name for an RPC."""
    return {"rpc.system.name": "grpc", "rpc.method": path[1:]}


def outgoing(span: trace.Span | None = None) -> dict[str, str]:
    """Returns the headers that carry `span`, or the current one, to the callee."""
    headers: dict[str, str] = {}
    carried = None if span is None else trace.set_span_in_context(span, _NO_CONTEXT)
    _W3C.inject(headers, context=carried)
    return headers
