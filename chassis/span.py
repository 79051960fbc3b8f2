"""A server's span, as light as a call can bear: it records what ours tell, and becomes the SDK's own when it ends.

The SDK's spans lock, copy and clean at every step, which costs several times what the rest of the door does. Whatever
only reads finished spans – exporters, batches – sees no difference.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Span, SpanContext, SpanKind, Status, StatusCode

_UNSET = Status(StatusCode.UNSET)

Ended = Callable[[ReadableSpan], None]


class ServerSpan(Span):
    """The span of one call; `ended` is told of it once. Used by one task, hence without locks."""

    def __init__(
        self,
        name: str,
        context: SpanContext,
        parent: SpanContext | None,
        *,
        attributes: Mapping[str, Any],
        origin: tuple[Resource, InstrumentationScope],
        ended: Ended,
    ) -> None:
        self._name = name
        self._context = context
        self._parent = parent
        self._attributes = dict(attributes)
        self._origin = origin
        self._ended: Ended | None = ended
        self._events: list[Event] = []
        self._status = _UNSET
        self._start = time.time_ns()

    def get_span_context(self) -> SpanContext:
        """Returns its ids."""
        return self._context

    def is_recording(self) -> bool:
        """Tells whether it has not ended."""
        return self._ended is not None

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
        ended, self._ended = self._ended, None
        if ended is not None:
            ended(self._finished(time.time_ns() if end_time is None else end_time))

    def _finished(self, end: int) -> ReadableSpan:
        resource, scope = self._origin
        return ReadableSpan(
            name=self._name,
            context=self._context,
            parent=self._parent,
            resource=resource,
            attributes=self._attributes,
            events=self._events,
            kind=SpanKind.SERVER,
            status=self._status,
            start_time=self._start,
            end_time=end,
            instrumentation_scope=scope,
        )
