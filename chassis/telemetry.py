"""Traces: one server span per call and one client span per inner call, in W3C trace context.

Written on the SDK itself, since the contributed interceptor costs several times what the call does. Without an
exporter no span is recorded; the trace id still walks through the mesh, into the logs and to the caller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from opentelemetry import context as otel
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from chassis import context as calls
from chassis.span import LightSpan, new_id

_W3C = TraceContextTextMapPropagator()
_NO_CONTEXT = otel.Context()
# The codes that are a fault of ours, and not of whoever calls.
SERVER_FAULTS = frozenset({"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"})
# Version 00 is exactly this; a later one may say more. Neither id may be all zeros, no version is ff.
_TRACEPARENT = re.compile(
    r"(?:00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})"
    r"|(?!00|ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?)"
)
_SAMPLED = trace.TraceFlags(trace.TraceFlags.SAMPLED)


class Trace(NamedTuple):
    """A call's place in a trace. A tuple, because every call makes one."""

    trace_id: str  # 32 hexadecimal digits
    carried: Mapping[str, str]  # the headers by which an inner call belongs to it, where no span of ours does
    span: LightSpan | None  # none where nothing is recorded


class Telemetry:
    """One service's tracer; `processors` receive its finished spans, none means that nothing is recorded."""

    def __init__(self, service: str, version: str = "", processors: Sequence[SpanProcessor] = ()) -> None:
        resource = Resource({"service.name": service, "service.version": version})
        sampler = ParentBased(ALWAYS_ON) if processors else ALWAYS_OFF
        self._provider = TracerProvider(resource=resource, sampler=sampler, shutdown_on_exit=False)
        for processor in processors:
            self._provider.add_span_processor(processor)
        self._processors = tuple(processors)
        self._origin = (resource, InstrumentationScope("qpo.chassis", version))

    def begin(self, path: str, headers: Mapping[str, str]) -> Trace:
        """Takes a call into the trace that its `traceparent` names, else into a new one; with a span if it is sampled.

        A trace that begins here is sampled; one that comes from elsewhere, as its flags say.
        """
        parent = headers.get("traceparent")
        found = None if parent is None else _TRACEPARENT.fullmatch(parent)
        if found is None:
            trace_id = f"{new_id(128):032x}"
            if not self._processors:
                return Trace(trace_id, {"traceparent": f"00-{trace_id}-{new_id(64):016x}-00"}, None)
            return Trace(trace_id, {}, self._span(path, int(trace_id, 16), None))
        trace_id, span_id, flags = found.group(1, 2, 3) if found[1] else found.group(4, 5, 6)
        if not self._processors or not int(flags, 16) & trace.TraceFlags.SAMPLED:
            return Trace(trace_id, _context_headers(headers), None)
        number = int(trace_id, 16)
        state = trace.TraceState.from_header([headers["tracestate"]]) if "tracestate" in headers else None
        remote = trace.SpanContext(number, int(span_id, 16), True, _SAMPLED, state)
        return Trace(trace_id, {}, self._span(path, number, remote))

    def below(
        self, traceparent: str, name: str, kind: trace.SpanKind, attributes: Mapping[str, Any]
    ) -> LightSpan | None:
        """Begins a span in the trace that `traceparent` names, below its span; None if that is not sampled."""
        found = _TRACEPARENT.fullmatch(traceparent) if self._processors else None
        if found is None:
            return None
        trace_id, span_id, flags = found.group(1, 2, 3) if found[1] else found.group(4, 5, 6)
        if not int(flags, 16) & trace.TraceFlags.SAMPLED:
            return None
        remote = trace.SpanContext(int(trace_id, 16), int(span_id, 16), True, _SAMPLED)
        return self._made(name, remote.trace_id, remote, attributes, kind)

    def _span(self, path: str, trace_id: int, parent: trace.SpanContext | None) -> LightSpan:
        return self._made(path[1:], trace_id, parent, rpc_attributes(path), trace.SpanKind.SERVER)

    def _made(
        self,
        name: str,
        trace_id: int,
        parent: trace.SpanContext | None,
        attributes: Mapping[str, Any],
        kind: trace.SpanKind,
    ) -> LightSpan:
        state = None if parent is None else parent.trace_state
        here = trace.SpanContext(trace_id, new_id(64), False, _SAMPLED, state)
        given: dict[str, Any] = {"attributes": attributes, "origin": self._origin, "ended": self._ended}
        return LightSpan(name, here, parent, kind=kind, **given)

    def _ended(self, span: ReadableSpan) -> None:
        for processor in self._processors:
            processor.on_end(span)

    def close(self) -> None:
        """Sends what is still held and stops; may take up to the exporter's time limit."""
        self._provider.shutdown()


# The telemetry of whatever runs beside the calls; within one, its span says where spans go.
here: ContextVar[Telemetry | None] = ContextVar("telemetry", default=None)


def _context_headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}


def exporting(endpoint: str | None) -> list[SpanProcessor]:
    """Returns the processors that send spans to an OTLP collector at `endpoint` (host:port), none without one."""
    if endpoint is None:
        return []
    from chassis.otlp import SpanExporter

    return [BatchSpanProcessor(SpanExporter(endpoint=endpoint, insecure=True))]


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
    span.set_attribute("rpc.response.status_code", code)
    if code in SERVER_FAULTS:
        span.set_status(trace.StatusCode.ERROR, code)
    if error is not None:
        span.set_attribute("error.type", type(error).__qualname__)
    span.end()


def rpc_attributes(path: str) -> dict[str, str]:
    """Returns the attributes that OpenTelemetry's conventions name for an RPC."""
    return {"rpc.system.name": "grpc", "rpc.method": path[1:]}


def outgoing(span: trace.Span | None = None) -> dict[str, str]:
    """Returns the headers that carry `span`, or the current one, or else the present call's trace, to the callee."""
    headers: dict[str, str] = {}
    carried = None if span is None else trace.set_span_in_context(span, _NO_CONTEXT)
    _W3C.inject(headers, context=carried)
    if not headers:
        call = calls.current()
        headers.update({} if call is None else call.trace_headers)
    return headers
