"""One request is one trace: edge, services, statements, events and their effects, each below what caused it."""

import time

from tests.mesh.rest import User
from tests.observability.collector import CLIENT, CONSUMER, PRODUCER, SERVER, Seen
from tests.observability.conftest import is_rebalance

REBALANCE = "qpo.portfolio.v1.PortfolioService/RebalancePortfolio"
SOLVE = "qpo.optimizer.v1.OptimizerService/Solve"
MOMENTS = "qpo.ml.v1.MlService/EstimateMoments"
RETURNS = "qpo.marketdata.v1.MarketDataService/GetReturns"


def only(spans: list[Seen], service: str, kind: int, name: str) -> Seen:
    found = [span for span in spans if (span.service, span.kind, span.name) == (service, kind, name)]
    assert len(found) == 1, [(span.service, span.kind, span.name) for span in spans]
    return found[0]


def test_a_rebalance_over_rest_is_one_trace_through_every_service(trace: list[Seen]) -> None:
    edge = next(span for span in trace if is_rebalance(span))
    above = only(trace, "portfolio", SERVER, REBALANCE)
    assert edge.parent == ""
    assert above.parent == edge.id
    for caller, called, method in (
        ("portfolio", "optimizer", SOLVE),
        ("optimizer", "ml", MOMENTS),
        ("ml", "marketdata", RETURNS),
    ):
        client, server = only(trace, caller, CLIENT, method), only(trace, called, SERVER, method)
        assert client.parent == above.id
        assert server.parent == client.id
        above = server


def test_its_statements_are_spans_below_whoever_sent_them(trace: list[Seen]) -> None:
    servers = {span.service: span.id for span in trace if span.kind == SERVER and span.name in (REBALANCE, RETURNS)}
    statements = [span for span in trace if "db.system.name" in span.attributes]
    for service, server in servers.items():
        if service != "edge":
            assert [span for span in statements if span.service == service and span.parent == server], service
    written = {span.attributes["db.query.summary"] for span in statements if span.service == "portfolio"}
    assert {"COMMIT", "INSERT outbox"} <= written
    assert not [span for span in statements if "db.query.text" in span.attributes]


def test_its_event_goes_on_below_it_over_the_bus_to_the_effect(trace: list[Seen]) -> None:
    cause = only(trace, "portfolio", SERVER, REBALANCE)
    name = "qpo.portfolio.v1.PortfolioEvent"
    published = only(trace, "portfolio", PRODUCER, f"publish {name}")
    handled = [span for span in trace if span.kind == CONSUMER and span.name == f"process {name}"]
    assert published.parent == cause.id
    assert "auth" in {span.service for span in handled}
    assert {span.parent for span in handled} == {published.id}
    assert any(span.parent == handled[0].id for span in trace if "db.system.name" in span.attributes)


def test_no_span_tells_what_was_asked_or_answered(trace: list[Seen], walked: User) -> None:
    told = repr(trace)
    assert walked.token not in told
    assert walked.email not in told


def test_the_log_of_every_service_on_the_way_names_the_trace(trace: list[Seen], mesh) -> None:
    end = time.monotonic() + 30  # Envoy writes its log now and then
    for service in ("portfolio", "optimizer", "ml", "marketdata", "envoy"):
        while trace[0].trace not in mesh.layout.log(service).read_text():
            assert time.monotonic() < end, service
            time.sleep(0.05)
