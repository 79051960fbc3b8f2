import re

import grpc
import pytest
from google.api import annotations_pb2
from google.protobuf import descriptor_pb2

from stack.addresses import SERVICES
from tests.gateway import rendered

SAMPLE = "01987f6c-0000-7000-8000-000000000001"
IDEMPOTENT = {descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS, descriptor_pb2.MethodOptions.IDEMPOTENT}
TICKS = ("SubscribeTicks", "SubscribeBars", "SubscribeSentiment")
ENDLESS = (*TICKS, "SubscribeSecurityEvents")
UPLOADS = {"IngestPrices", "IngestTicks", "IngestDocuments", "SolveBatch"}
OUTSIDE = [
    "/qpo.auth.v1.AuthService/BootstrapAdmin",
    "/grpc.health.v1.Health/Check",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    "/grpc.channelz.v1.Channelz/GetServers",
    "/qpo.portfolio.v2.PortfolioService/GetPortfolio",
]


def bindings():
    """Every (verb, path, body, service, method) that the contracts name."""
    for service, _, method in rendered.methods():
        rule = method.options.Extensions[annotations_pb2.http]
        for each in [rule, *rule.additional_bindings]:
            if verb := each.WhichOneof("pattern"):
                yield verb.upper(), getattr(each, verb), each.body, service, method.name


@pytest.mark.parametrize(("verb", "path", "body", "service", "method"), list(bindings()))
def test_a_rest_path_of_the_contract_reaches_its_method(edge, verb, path, body, service, method):
    url = re.sub(r"\{\w+\}", SAMPLE, path)
    answer = edge.rest.request(verb, url, headers=edge.anyone, content=b"{}" if body else None)
    assert answer.status_code == 200, answer.text
    assert [(call.service, call.method) for call in edge.services.calls if call.method != "GetJwks"][-1:] == (
        [(service, method)] if method != "GetJwks" else []
    )


def test_every_method_with_a_rest_path_is_native_grpc_too_and_goes_to_its_own_service():
    for service, full_name, method in rendered.methods():
        cluster = rendered.route_of(f"/{full_name}/{method.name}").route.cluster
        apart = {"BootstrapAdmin": ""} | dict.fromkeys(TICKS, "ticks")
        assert cluster == apart.get(method.name, service), method.name


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_else_is_reachable_by_grpc(edge, path):
    assert rendered.route_of(path).direct_response.status == 404
    with edge.channel() as channel, pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary(path)(b"", metadata=list(edge.anyone.items()))
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("path", ["/", "/api/v1/nothing", "/api/v1/portfolios/x/y/z", "/metrics", *OUTSIDE])
def test_nothing_else_is_reachable_by_rest(edge, path):
    assert rendered.route_of(path, grpc=False).route.cluster == "nowhere"
    for verb in ("GET", "POST"):
        answer = edge.rest.request(verb, path, headers=edge.anyone)
        assert (answer.status_code, answer.json()["details"][0]["reason"]) == (404, "NOTHING_HERE")
    assert edge.services.asked == []


def test_only_methods_that_the_contract_calls_idempotent_are_repeated():
    again = {method.name: method for method in repeated()}
    assert {"GetPortfolio", "ListBars", "WhoAmI", "Solve", "EstimateMoments", "SubscribeTicks"} <= set(again)
    assert all(method.options.idempotency_level in IDEMPOTENT for method in again.values())


def test_every_idempotent_method_is_repeated_but_those_whose_second_answer_may_differ_and_uploads():
    idempotent = {m.name for _, _, m in rendered.methods() if m.options.idempotency_level in IDEMPOTENT}
    # With an etag and without a request_id, the second of two equal changes is refused; so is a second deletion.
    differ = {
        "ReplacePortfolio",
        "UpdatePortfolio",
        "UpdateSecurityPolicy",
        "DeletePortfolio",
        "DeleteUser",
        "DeleteApiKey",
    }
    assert idempotent - {method.name for method in repeated()} == differ | UPLOADS


def test_what_has_not_begun_may_go_to_another_replica_and_nothing_else_may_without_its_contracts_leave():
    host = rendered.connection_manager("edge").route_config.virtual_hosts[0]
    assert set(host.retry_policy.retry_on.split(",")) == {"connect-failure", "refused-stream", "reset-before-request"}
    assert host.retry_policy.retry_host_predicate[0].name.endswith("previous_hosts")


def repeated():
    for _, full_name, method in rendered.methods():
        if rendered.route_of(f"/{full_name}/{method.name}").route.HasField("retry_policy"):
            yield method


def test_exactly_the_streams_of_the_contract_are_answered_as_lines_over_rest():
    streams = {method.name for _, _, method in rendered.methods() if _answers_alone(method)}
    lines = {"rest.lines", "rest.records", "rest.security"}
    as_lines = {name for _, path, _, _, name in bindings() if rendered.route_of(path, grpc=False).name in lines}
    assert as_lines == streams == {*ENDLESS, "WatchOptimization", "WatchFrontier", "VerifyAudit", "ExportMyData"}


def _answers_alone(method):
    """A stream both ways has no form over REST."""
    return method.server_streaming and not method.client_streaming


def test_every_route_to_a_service_but_the_endless_ones_has_a_deadline_that_ends_before_the_edge_gives_up():
    for route in rendered.routes():
        if route.route.cluster not in SERVICES or route.name.endswith(".subscribe"):
            continue
        added = {option.header.key: option.header.value for option in route.request_headers_to_add}
        assert int(added["grpc-timeout"].removesuffix("S")) < route.route.timeout.seconds, route.name
