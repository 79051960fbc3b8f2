"""Who can reach whom at all: exactly those that may call, as the table of callers has it."""

import re
from typing import Any

import pytest

from stack.addresses import SERVICES
from stack.identities import EDGE, OWNER, callers_of
from tests.deploy.rendering import OVERLAYS, ROOT, one, rendered, text_of
from tools.manifests.manifest import Document, key_of, of_kind, pods_in, read


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


PAGE = ROOT / "docs/architecture/04-operations/deployment.md"
CHAPTERS = {"kind": "A cluster on a laptop", "prod": "Production"}


def applied_before_migrations(overlay: str) -> list[Document]:
    """What the page has applied before the Jobs that migrate, in its order."""
    chapter = PAGE.read_text().partition(f"\n## {CHAPTERS[overlay]}\n")[2].partition("\n## ")[0]
    folders = re.findall(r"-k ([\w/]+)", chapter)
    before = folders[: folders.index(f"deploy/overlays/{overlay}/migrations")]
    return [document for folder in before for document in read(text_of(ROOT / folder))]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_migration_finds_its_namespace_and_the_way_to_its_store_already_there(overlay: str) -> None:
    before, jobs = applied_before_migrations(overlay), rendered(f"{overlay}/migrations")
    kinds = [document["kind"] for document in before if document["metadata"].get("namespace", "qpo") == "qpo"]
    assert kinds.index("Namespace") == 0, "nothing can be put into a namespace that is not there"
    documents = [*before, *jobs]
    assert openings(documents, "migration", "egress", 53), "names"
    stores = openings(documents, "migration", "egress", 5432)
    assert [store for store in stores if "ipBlock" in store or lets_in("qpo", namespace_of(store), 5432, before)]


def namespace_of(peer: dict[str, Any]) -> str:
    return str(peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"])


def lets_in(caller: str, namespace: str, port: int, documents: list[Document]) -> bool:
    """Whether a namespace, with a store in it, lets another's pods speak to a port of its own."""
    return any(
        caller in map(namespace_of, rule["from"]) and port in [each["port"] for each in rule["ports"]]
        for policy in of_kind(documents, "NetworkPolicy")
        if policy["metadata"]["namespace"] == namespace
        for rule in policy["spec"]["ingress"]
    )


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_is_applied_before_is_part_of_the_overlay(overlay: str) -> None:
    there = {key_of(document): document for document in rendered(overlay)}
    assert [name for name in applied_before_migrations(overlay) if there.get(key_of(name)) != name] == []


@pytest.mark.parametrize("port", [5432, 6379])
def test_exporters_reach_the_stores_beside_the_mesh_and_others_do_not(port: int) -> None:
    """Those of a managed store are whoever manages it to let in."""
    reach = [name for name in ("qpo", "monitoring", "default") if lets_in(name, "stores", port, rendered("kind"))]
    assert reach == ["qpo", "monitoring"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nobody_speaks_in_clear_text_to_a_store_past_the_mesh(overlay: str) -> None:
    """Kafka's port for that is reached by nobody; the stores' urls name TLS."""
    documents = rendered(overlay)
    for service in SERVICES:
        assert openings(documents, name(service), "egress", 9092) == []
        pods = one(documents, "Deployment", name(service))["spec"]["template"]["metadata"]["annotations"]
        assert pods["traffic.sidecar.istio.io/excludeOutboundPorts"] == "5432,6379,9094,9096"


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("port", [9094, 9096])
def test_a_managed_kafka_is_reached_over_tls_and_there_is_none_in_kind(service: str, port: int) -> None:
    (peer,) = openings(rendered("prod"), name(service), "egress", port)
    assert peer["ipBlock"]["cidr"] == "10.0.64.0/18"
    assert openings(rendered("kind"), name(service), "egress", port) == []
