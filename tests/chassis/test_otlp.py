"""The SDK's own encoder is the oracle."""

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from chassis import otlp, telemetry
from tests.observability.collector import Collector

RESOURCES = [Resource({"service.name": name}) for name in "ab"]
ORIGINS = [(resource, InstrumentationScope("qpo", version)) for resource in RESOURCES for version in "12"]
few = st.sampled_from(["GetPortfolio", "SELECT", ""])
values = st.one_of(
    few, st.booleans(), st.integers(0, 2), st.sampled_from([0.0, 1.0, 2.5]), st.lists(few), st.binary(max_size=2)
)
attributes = st.dictionaries(few, values)
times = st.integers(0, 2**63 - 1)
contexts = st.builds(
    SpanContext,
    st.integers(1, 2**128 - 1),
    st.integers(1, 2**64 - 1),
    is_remote=st.booleans(),
    trace_flags=st.just(TraceFlags(1)),
    trace_state=st.sampled_from([None, TraceState(), TraceState([("vendor", "x")])]),
)
failed = st.builds(Status, st.just(StatusCode.ERROR), st.sampled_from([None, "INTERNAL"]))


@st.composite
def spans(draw):
    resource, scope = draw(st.sampled_from(ORIGINS))
    return ReadableSpan(
        draw(few),
        context=draw(contexts),
        parent=draw(st.none() | contexts),
        resource=resource,
        instrumentation_scope=scope,
        attributes=draw(attributes),
        events=draw(st.lists(st.builds(Event, few, attributes, times), max_size=1)),
        links=draw(st.lists(st.builds(Link, contexts, attributes), max_size=1)),
        kind=draw(st.sampled_from(SpanKind)),
        status=draw(st.just(Status()) | failed),
        start_time=draw(times),
        end_time=draw(times),
    )


@given(st.lists(spans(), max_size=6))
def test_spans_are_encoded_as_the_sdk_encodes_them(given):
    given.sort(key=lambda span: ORIGINS.index((span.resource, span.instrumentation_scope)))
    assert flat(otlp.encoded(given)) == flat(encode_spans(given))


def flat(request):
    """Each span with where it comes from: the SDK lists scopes of one resource together, which means the same."""
    return [
        (at.resource, at.schema_url, scope.scope, scope.schema_url, span)
        for at in request.resource_spans
        for scope in at.scope_spans
        for span in scope.spans
    ]


def test_services_export_with_it(monkeypatch):
    came = []
    monkeypatch.setattr(otlp, "encoded", lambda spans: came.append(len(spans)) or encode_spans(spans))
    with Collector() as collector:
        [processor] = telemetry.exporting(collector.address)
        processor.on_end(ReadableSpan("alone", context=SpanContext(1, 1, False, TraceFlags(1)), resource=RESOURCES[0]))
        processor.shutdown()
        assert [span.name for span in collector.spans()] == ["alone"]
    assert came == [1]
