import asyncio

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import context
from chassis.channel import open_channel
from chassis.serve import Server
from chassis.telemetry import Telemetry, exporting, outgoing
from tests.chassis.gadget import Workshop, gadget, unary, workshop
from tests.chassis.refusals import refused
from tests.fixtures.logs import captured
from tests.fixtures.serving import service_settings

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = ("traceparent", f"00-{TRACE}-{PARENT}-01")


class Traced:
    """A traced server of a workshop, and the spans it finished."""

    def __init__(self, shop: Workshop, tokens, *, recording: bool = True) -> None:
        self.spans = InMemorySpanExporter()
        processors = [SimpleSpanProcessor(self.spans)] if recording else []
        telemetry = Telemetry("gadget", "1.2.3", processors)
        self.server = Server(service_settings(), [workshop(shop)], tokens.keys, telemetry=telemetry)

    async def __aenter__(self):
        port = await self.server.start()
        self.address = f"127.0.0.1:{port}"
        self.channel = grpc.aio.insecure_channel(self.address)
        return self

    async def __aexit__(self, *_):
        await self.channel.close()
        await self.server.stop(0)


async def test_a_call_is_a_span_below_its_callers(tokens, anyone):
    async with Traced(Workshop(), tokens) as traced:
        await unary(traced.channel, "NameCaller")(gadget(), metadata=(*anyone, TRACEPARENT))
    (span,) = traced.spans.get_finished_spans()
    assert span.name == "qpo.gadget.v1.GadgetService/NameCaller"
    assert span.kind is trace.SpanKind.SERVER
    assert trace.format_trace_id(span.context.trace_id) == TRACE
    assert trace.format_span_id(span.parent.span_id) == PARENT
    assert span.attributes["rpc.response.status_code"] == "OK"
    assert span.resource.attributes["service.name"] == "gadget"


async def test_without_a_callers_trace_a_new_one_begins(tokens, anyone):
    async with Traced(Workshop(), tokens) as traced:
        call = unary(traced.channel, "NameCaller")
        for header in ((), (("traceparent", "nonsense"),)):
            await call(gadget(), metadata=(*anyone, *header))
    first, second = traced.spans.get_finished_spans()
    assert first.parent is None
    assert second.parent is None
    assert first.context.trace_id != second.context.trace_id


async def test_a_servers_fault_marks_the_span_and_a_callers_does_not(tokens, anyone):
    async def fail(_):
        raise ValueError("secret text")

    async with Traced(Workshop(fail), tokens) as traced:
        await refused(unary(traced.channel)(gadget(), metadata=tokens.metadata(scopes=["write:gadget"])))
        await refused(unary(traced.channel)(gadget(), metadata=anyone[:0]))
    fault, refusal = traced.spans.get_finished_spans()
    assert fault.status.status_code is trace.StatusCode.ERROR
    assert fault.attributes["error.type"] == "ValueError"
    assert refusal.status.status_code is trace.StatusCode.UNSET
    assert refusal.attributes["rpc.response.status_code"] == "UNAUTHENTICATED"
    assert "secret" not in repr((fault.attributes, fault.status.description, fault.events))


async def test_an_inner_call_is_a_client_span_between_the_two_servers(tokens):
    async with Traced(Workshop(), tokens) as peer:

        async def ask_peer(request):
            async with open_channel(peer.address) as channel:
                await unary(channel, "NameCaller")(request)
                await refused(unary(channel, "MakeGadget")(gadget("")))
            return request

        async with Traced(Workshop(ask_peer), tokens) as front:
            metadata = (*tokens.metadata(scopes=["write:gadget"]), TRACEPARENT)
            await unary(front.channel)(gadget(), metadata=metadata)
    named, refused_client, server = sorted(
        front.spans.get_finished_spans(), key=lambda span: span.kind is trace.SpanKind.SERVER
    )
    inner = peer.spans.get_finished_spans()[0]
    assert named.kind is refused_client.kind is trace.SpanKind.CLIENT
    assert named.parent.span_id == server.context.span_id
    assert inner.parent.span_id == named.context.span_id
    assert {s.context.trace_id for s in (named, server, inner)} == {int(TRACE, 16)}
    assert refused_client.attributes["rpc.response.status_code"] == "INVALID_ARGUMENT"


async def test_without_an_exporter_nothing_is_recorded_but_the_trace_id_walks_on(tokens, anyone):
    seen = {}

    async def look(request):
        seen["recording"] = trace.get_current_span().is_recording()
        seen["here"] = context.trace_id()
        return request

    async with Traced(Workshop(look), tokens, recording=False) as traced:
        with captured() as logs:
            await unary(traced.channel, "ReadGadget")(gadget(), metadata=(TRACEPARENT,))
    assert seen == {"recording": False, "here": TRACE}
    assert traced.spans.get_finished_spans() == ()
    assert [line["event"] for line in logs] == ["call"]


async def test_health_is_neither_traced_nor_counted_nor_logged(tokens):
    async with Traced(Workshop(), tokens) as traced:
        with captured() as logs:
            await health_pb2_grpc.HealthStub(traced.channel).Check(health_pb2.HealthCheckRequest())
    assert traced.spans.get_finished_spans() == ()
    assert logs == []


async def test_outside_of_the_call_its_span_is_gone(tokens, anyone):
    async with Traced(Workshop(), tokens) as traced:
        await unary(traced.channel, "NameCaller")(gadget(), metadata=anyone)
    assert not trace.get_current_span().get_span_context().is_valid


async def test_one_line_per_call_says_who_called_what_with_which_end(tokens):
    async with Traced(Workshop(), tokens) as traced:
        with captured() as logs:
            await unary(traced.channel, "NameCaller")(gadget(), metadata=tokens.metadata("u-1"))
            await refused(unary(traced.channel)(gadget(), metadata=tokens.metadata("u-2", scopes=[])))
    assert [(line["code"], line["principal"]) for line in logs] == [("OK", "u-1"), ("PERMISSION_DENIED", "u-2")]
    assert all(line["ms"] > 0 for line in logs)


class Collector(trace_service_pb2_grpc.TraceServiceServicer):
    def __init__(self):
        self.names = []

    async def Export(self, request, context):  # noqa: N802
        for resource in request.resource_spans:
            self.names += [span.name for scope in resource.scope_spans for span in scope.spans]
        return trace_service_pb2.ExportTraceServiceResponse()


async def test_spans_are_sent_to_the_collector_that_is_named():
    collector, server = Collector(), grpc.aio.server()
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    telemetry = Telemetry("gadget", "1.2.3", exporting(f"127.0.0.1:{port}"))
    telemetry.begin("/qpo.gadget.v1.GadgetService/MakeGadget", {}).span.end()
    await asyncio.to_thread(telemetry.close)
    await server.stop(0)
    assert collector.names == ["qpo.gadget.v1.GadgetService/MakeGadget"]


def test_without_a_collector_spans_are_sent_nowhere():
    assert exporting(None) == []


@pytest.mark.parametrize("recording", [True, False])
def test_telemetry_closes(recording):
    exporter = InMemorySpanExporter()
    Telemetry("gadget", "1", [SimpleSpanProcessor(exporter)] if recording else []).close()


@given(st.dictionaries(st.sampled_from(["traceparent", "tracestate", "baggage"]), st.text(max_size=200)))
def test_no_header_can_break_the_start_of_a_span(headers):
    for processors in ([], [SimpleSpanProcessor(InMemorySpanExporter())]):
        begun = Telemetry("gadget", processors=processors).begin("/a/b", headers)
        assert int(begun.trace_id, 16)
        assert bool(processors) == (begun.span is not None) or "traceparent" in begun.carried


UNSAMPLED = f"00-{TRACE}-{PARENT}-00"


def recording() -> tuple[Telemetry, InMemorySpanExporter]:
    spans = InMemorySpanExporter()
    return Telemetry("gadget", processors=[SimpleSpanProcessor(spans)]), spans


def test_a_call_that_its_caller_did_not_sample_is_not_recorded_and_its_trace_walks_on_unchanged():
    telemetry, _ = recording()
    begun = telemetry.begin("/a/b", {"traceparent": UNSAMPLED, "tracestate": "v=1"})
    assert begun.span is None
    assert begun.carried == {"traceparent": UNSAMPLED, "tracestate": "v=1"}


async def test_an_inner_call_of_an_unrecorded_one_belongs_to_the_same_trace(tokens):
    async with Traced(Workshop(), tokens) as peer:

        async def ask_peer(request):
            async with open_channel(peer.address) as channel:
                await unary(channel, "NameCaller")(request)
            return request

        async with Traced(Workshop(ask_peer), tokens, recording=False) as front:
            metadata = (*tokens.metadata(scopes=["write:gadget"]), TRACEPARENT)
            await unary(front.channel)(gadget(), metadata=metadata)
    (inner,) = peer.spans.get_finished_spans()
    assert trace.format_trace_id(inner.context.trace_id) == TRACE


def test_the_vendors_state_of_a_trace_goes_along():
    telemetry, _ = recording()
    span = telemetry.begin("/a/b", {"traceparent": TRACEPARENT[1], "tracestate": "v=1"}).span
    assert outgoing(span)["tracestate"] == "v=1"


@pytest.mark.parametrize(
    "parent",
    [
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE}-{PARENT}",
    ],
)
def test_a_traceparent_against_the_rules_begins_a_new_trace(parent):
    telemetry, _ = recording()
    assert telemetry.begin("/a/b", {"traceparent": parent}).trace_id not in (TRACE, TRACE.upper(), "0" * 32)


def test_a_traceparent_of_a_later_version_is_read_as_far_as_it_is_known():
    telemetry, _ = recording()
    assert telemetry.begin("/a/b", {"traceparent": f"01-{TRACE}-{PARENT}-01-more"}).trace_id == TRACE


def test_a_span_keeps_what_it_is_told_until_it_ends_and_ends_once():
    telemetry, spans = recording()
    span = telemetry.begin("/a/b", {}).span
    span.update_name("c")
    span.set_attributes({"shape": "round"})
    span.add_event("turned", {"degrees": 90})
    span.record_exception(ValueError("secret text"))
    span.set_status(trace.Status(trace.StatusCode.ERROR, "stuck"))
    assert span.is_recording()
    span.end()
    span.end()
    assert not span.is_recording()
    (seen,) = spans.get_finished_spans()
    assert (seen.name, seen.attributes["shape"], seen.status.description) == ("c", "round", "stuck")
    assert [event.name for event in seen.events] == ["turned", "exception"]
    assert "secret" not in repr([dict(event.attributes) for event in seen.events])
    assert seen.start_time <= seen.end_time


@pytest.mark.parametrize(("error", "told"), [(ConnectionError("x"), True), (ValueError("x"), True), (None, False)])
async def test_a_fault_of_ours_names_its_trace_and_a_callers_does_not(tokens, error, told):
    async def fail(_):
        raise error

    async with Traced(Workshop(fail), tokens) as traced:
        metadata = tokens.metadata(scopes=["write:gadget"]) if error else ()
        with pytest.raises(grpc.aio.AioRpcError) as refusal:
            await unary(traced.channel)(gadget(), metadata=(*metadata, TRACEPARENT))
    info = error_details_pb2.RequestInfo()
    named = [info.request_id for detail in rpc_status.from_call(refusal.value).details if detail.Unpack(info)]
    assert named == ([TRACE] if told else [])
