"""Spans of what travels by bus: whoever publishes goes on with the trace of the cause, whoever handles with that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from opentelemetry import trace

from chassis import telemetry
from chassis.bus import Message
from chassis.span import LightSpan


@contextmanager
def publishing(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """Gives the messages to publish inside the block: a traced one names the span of its publication as its parent."""
    traced = [(message, _begun(message, "publish", trace.SpanKind.PRODUCER)) for message in messages]
    try:
        yield [message if span is None else replace(message, traceparent=span.traceparent) for message, span in traced]
    except BaseException as error:
        _end((span for _, span in traced), error)
        raise
    _end((span for _, span in traced), None)


@contextmanager
def handling(message: Message) -> Iterator[None]:
    """Works inside the block as a part of the trace that the message belongs to."""
    span = _begun(message, "process", trace.SpanKind.CONSUMER)
    if span is None:
        with telemetry.resumed(message.traceparent):
            yield
        return
    token = telemetry.attach(span)
    try:
        yield
    except BaseException as error:
        _end([span], error)
        raise
    finally:
        telemetry.detach(token)
    _end([span], None)


def _begun(message: Message, operation: str, kind: trace.SpanKind) -> LightSpan | None:
    ours = telemetry.here.get()
    if ours is None or not message.traceparent:
        return None
    attributes = {
        "messaging.system": "qpo",
        "messaging.operation.type": "send" if operation == "publish" else operation,
        "messaging.destination.name": message.topic,
        "messaging.message.id": message.event_id,
        "qpo.event.type": message.type,
    }
    return ours.below(message.traceparent, f"{operation} {message.topic}", kind, attributes)


def _end(spans: Iterator[LightSpan | None] | Sequence[LightSpan], error: BaseException | None) -> None:
    for span in filter(None, spans):
        if error is not None:
            span.set_attribute("error.type", type(error).__qualname__)
            span.set_status(trace.StatusCode.ERROR)
        span.end()
