"""Who can reach whom at all: exactly those that may call, as the table of callers has it."""

from typing import Any

import pytest

from stack.addresses import SERVICES
from stack.identities import EDGE, OWNER, callers_of
from tests.deploy.rendering import OVERLAYS, rendered
from tools.manifests.manifest import Document, of_kind, pods_in


def chosen(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a selector of labels takes these."""
    equal = selector.get("matchLabels", {}).items() <= labels.items()
    return equal and all(labels.get(rule["key"]) in rule["values"] for rule in selector.get("matchExpressions", ()))


def openings(documents: list[Document], app: str, direction: str, port: int) -> list[dict[str, Any]]:
    """The peers with which pods of an app may speak at a port, one way; policies add up."""
    pods = next(pods for pods in pods_in(documents) if pods.labels.get("app") == app)
    word = "from" if direction == "ingress" else "to"
    return [
        peer
        for policy in of_kind(documents, "NetworkPolicy")
        if policy["metadata"]["namespace"] == "qpo" and chosen(policy["spec"]["podSelector"], pods.labels)
        for rule in policy["spec"].get(direction, ())
        if port in [each["port"] for each in rule["ports"]]
        for peer in rule.get(word, [{"anybody": True}])
    ]


def apps(peers: list[dict[str, Any]]) -> set[str]:
    return {peer["podSelector"]["matchLabels"]["app"] for peer in peers}


def name(app: str) -> str:
    return EDGE if app == EDGE else f"{app}-service"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_all_is_forbidden_that_is_not_allowed(overlay: str) -> None:
    for namespace in {"qpo"} | ({"stores"} if overlay == "kind" else set()):
        policies = [
            policy
            for policy in of_kind(rendered(overlay), "NetworkPolicy")
            if policy["metadata"]["namespace"] == namespace and policy["spec"]["podSelector"] == {}
        ]
        assert {kind for policy in policies for kind in policy["spec"]["policyTypes"]} == {"Ingress", "Egress"}


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_reached_by_its_callers_and_by_nobody_else(overlay: str, service: str) -> None:
    documents = rendered(overlay)
    wanted = {name(caller) for caller in set(callers_of(service)) - {OWNER}}
    assert apps(openings(documents, name(service), "ingress", 8000)) == wanted


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("caller", [*SERVICES, EDGE])
def test_a_caller_reaches_what_it_calls_and_nothing_else(overlay: str, caller: str) -> None:
    documents = rendered(overlay)
    wanted = {name(service) for service in SERVICES if caller in callers_of(service)}
    assert apps(openings(documents, name(caller), "egress", 8000)) == wanted


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_edge_is_reached_by_the_gateway_and_by_services_for_keys_and_by_nobody_else(overlay: str) -> None:
    namespaces = [
        peer.get("namespaceSelector", {}).get("matchLabels", {}).get("kubernetes.io/metadata.name")
        for peer in openings(rendered(overlay), "edge", "ingress", 8080)
    ]
    assert namespaces == ["istio-system", None]


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("app", [*SERVICES, EDGE])
def test_metrics_are_read_by_monitoring_alone_of_services_through_the_sidecar_of_the_edge_past_it(
    overlay: str, app: str
) -> None:
    documents = rendered(overlay)
    read, closed = (9090, 15020) if app == EDGE else (15020, 9090)
    (peer,) = openings(documents, name(app), "ingress", read)
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "monitoring"}
    assert openings(documents, name(app), "ingress", closed) == []


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("app", [*SERVICES, EDGE])
def test_traces_go_to_monitoring(overlay: str, app: str) -> None:
    (peer,) = openings(rendered(overlay), name(app), "egress", 4317)
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "monitoring"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_ml_and_the_edge_have_no_way_to_postgresql(overlay: str) -> None:
    documents = rendered(overlay)
    reach = {app for app in [*SERVICES, EDGE] if openings(documents, name(app), "egress", 5432)}
    assert reach == {"auth", "portfolio", "marketdata", "optimizer"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_world_is_reached_by_who_has_business_there_and_never_the_nodes_own_metadata(overlay: str) -> None:
    documents = rendered(overlay)
    reach = {app: openings(documents, name(app), "egress", 443) for app in [*SERVICES, EDGE]}
    business = {"auth", "portfolio", "marketdata"} if overlay == "prod" else set()
    assert {app for app, peers in reach.items() if peers} == business
    assert all("169.254.0.0/16" in peer["ipBlock"]["except"] for peers in reach.values() for peer in peers)
