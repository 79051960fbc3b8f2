"""A trace goes on over the bus: cause, publication, effect."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import telemetry
from chassis.bus_spans import handling, publishing
from chassis.telemetry import Telemetry
from tests.chassis.events.conftest import message

TRACE, CAUSE = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{CAUSE}-01", f"00-{TRACE}-{CAUSE}-00"


@pytest.fixture
def spans():
    seen = InMemorySpanExporter()
    token = telemetry.here.set(Telemetry("gadget", processors=[SimpleSpanProcessor(seen)]))
    yield seen
    telemetry.here.reset(token)


def test_the_effect_is_below_the_publication_which_is_below_the_cause(spans):
    with publishing([message("t", traceparent=SAMPLED)]) as (sent,):
        assert spans.get_finished_spans() == ()
    with handling(sent):
        inside = telemetry.outgoing()["traceparent"]
    published, handled = spans.get_finished_spans()
    assert (published.kind, handled.kind) == (trace.SpanKind.PRODUCER, trace.SpanKind.CONSUMER)
    assert (published.name, handled.name) == ("publish t", "process t")
    assert trace.format_span_id(published.parent.span_id) == CAUSE
    assert handled.parent.span_id == published.context.span_id
    assert inside == f"00-{TRACE}-{handled.context.span_id:016x}-01"
    assert handled.attributes["messaging.destination.name"] == "t"
    assert "payload" not in handled.to_json()


@pytest.mark.parametrize("traceparent", ["", UNSAMPLED])
def test_what_is_not_sampled_leaves_no_span_and_walks_on_as_it_came(spans, traceparent):
    with publishing([message("t", traceparent=traceparent)]) as (sent,), handling(sent):
        assert sent.traceparent == traceparent
        assert telemetry.outgoing().get("traceparent", "") == traceparent
    assert spans.get_finished_spans() == ()


def test_a_failure_is_told_by_its_kind_alone_and_raised(spans):
    with pytest.raises(ValueError, match="secret"), handling(message("t", traceparent=SAMPLED)):
        raise ValueError("secret")
    with pytest.raises(ValueError, match="secret"), publishing([message("t", traceparent=SAMPLED)]):
        raise ValueError("secret")
    for span in spans.get_finished_spans():
        assert span.status.status_code is trace.StatusCode.ERROR
        assert span.attributes["error.type"] == "ValueError"
        assert "secret" not in span.to_json()
    assert not trace.get_current_span().get_span_context().is_valid


def test_where_nothing_is_recorded_the_effect_still_belongs_to_the_trace():
    with publishing([message("t", traceparent=SAMPLED)]) as (sent,), handling(sent):
        assert telemetry.outgoing()["traceparent"] == SAMPLED
