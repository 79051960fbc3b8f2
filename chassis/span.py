"""A span as light as a call can bear: it records what ours tell, and becomes the SDK's own when it ends.

The SDK's spans lock, copy and clean at every step, which costs several times what the rest of the door does. Whatever
only reads finished spans – exporters, batches – sees no difference.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from random import getrandbits
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Span, SpanContext, SpanKind, Status, StatusCode

_UNSET = Status(StatusCode.UNSET)

Ended = Callable[[ReadableSpan], None]


def new_id(bits: int) -> int:
    """Returns a random id of a trace (128 bits) or a span (64); never 0, which means none."""
    return getrandbits(bits) or 1


class LightSpan(Span):
    """The span of one call or of a part of it; `ended` is told of it once. Used by one task, hence without locks."""

    def __init__(
        self,
        name: str,
        context: SpanContext,
        parent: SpanContext | None,
        *,
        attributes: Mapping[str, Any],
        origin: tuple[Resource, InstrumentationScope],
        ended: Ended,
        kind: SpanKind = SpanKind.SERVER,
        start: int | None = None,
    ) -> None:
        """`start` in nanoseconds of Unix time; None: now."""
        self._name = name
        self._context = context
        self._parent = parent
        self._attributes = dict(attributes)
        self._origin = origin
        self._kind = kind
        self._told = ended
        self.ended_at: int | None = None  # nanoseconds of Unix time
        self._events: list[Event] = []
        self._status = _UNSET
        self._start = time.time_ns() if start is None else start

    def child(self, name: str, kind: SpanKind, attributes: Mapping[str, Any], start: int | None = None) -> LightSpan:
        """Begins a part of what this span is of, now or at `start`; that may last longer."""
        own = self._context
        here = SpanContext(own.trace_id, new_id(64), False, own.trace_flags, own.trace_state)
        given: dict[str, Any] = {"attributes": attributes, "origin": self._origin, "ended": self._told}
        return LightSpan(name, here, own, kind=kind, start=start, **given)

    @property
    def traceparent(self) -> str:
        """The header by which another process goes on below this span."""
        own = self._context
        return f"00-{own.trace_id:032x}-{own.span_id:016x}-{own.trace_flags:02x}"

    def get_span_context(self) -> SpanContext:
        """Returns its ids."""
        return self._context

    def is_recording(self) -> bool:
        """Tells whether it has not ended."""
        return self.ended_at is None

    def set_attribute(self, key: str, value: Any) -> None:
        """Notes one attribute."""
        self._attributes[key] = value

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Notes several attributes."""
        self._attributes.update(attributes)

    def add_event(self, name: str, attributes: Any = None, timestamp: int | None = None) -> None:
        """Notes something that happened; `timestamp` in nanoseconds of Unix time, now if None."""
        self._events.append(Event(name, attributes, timestamp))

    def update_name(self, name: str) -> None:
        """Renames it."""
        self._name = name

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """Says how it went."""
        self._status = status if isinstance(status, Status) else Status(status, description)

    def record_exception(
        self, exception: BaseException, attributes: Any = None, timestamp: int | None = None, escaped: bool = False
    ) -> None:
        """Notes that an exception came up, by its class alone: its text may hold what no trace should."""
        named = {"exception.type": type(exception).__qualname__, "exception.escaped": str(escaped)}
        self.add_event("exception", {**named, **(attributes or {})}, timestamp)

    def end(self, end_time: int | None = None) -> None:
        """Ends it, now or at `end_time` in nanoseconds of Unix time; what comes later is lost."""
        if self.ended_at is None:
            self.ended_at = time.time_ns() if end_time is None else end_time
            self._told(self._finished(self.ended_at))

    def _finished(self, end: int) -> ReadableSpan:
        resource, scope = self._origin
        return ReadableSpan(
            name=self._name,
            context=self._context,
            parent=self._parent,
            resource=resource,
            attributes=self._attributes,
            events=self._events,
            kind=self._kind,
            status=self._status,
            start_time=self._start,
            end_time=end,
            instrumentation_scope=scope,
        )
