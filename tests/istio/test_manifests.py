"""What the manifests of the mesh say, and that it is what the contracts and the table of callers say."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from chassis.settings import ServiceSettings
from services.marketdata.settings import MarketDataSettings
from stack.addresses import SERVICES
from stack.identities import DOMAIN, EDGE, NAMES, OWNER, callers_of
from tools.mesh.__main__ import ROOT, written
from tools.mesh.callers import JWKS
from tools.mesh.contracts import Method, Patience, methods_of
from tools.mesh.names import AUDIENCE, ISSUER, principal, workload

Manifest = dict[str, Any]
FILES = sorted(path for path in ROOT.rglob("*.yaml") if path.name != "kustomization.yaml")


@cache
def documents(path: Path) -> list[Manifest]:
    return list(yaml.load_all(path.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


@cache
def manifests(*folders: str) -> list[Manifest]:
    """Of all files, or of those in these folders."""
    files = [path for path in FILES if not folders or path.parent.name in folders]
    return [each for path in files for each in documents(path)]


def of_kind(kind: str, *folders: str) -> list[Manifest]:
    return [each for each in manifests(*folders) if each["kind"] == kind]


def route_of(service: Manifest, path: str, version: str = "") -> Manifest:
    """The first route that takes the call, as Envoy chooses."""
    for route in service["spec"]["http"]:
        for match in route.get("match", [{}]):
            wanted = match.get("headers", {}).get("version", {}).get("exact", version)
            if wanted == version and re.fullmatch(match.get("uri", {}).get("regex", ".*"), path):
                return dict(route)
    raise AssertionError(f"no route takes {path}")


def repeated_against_the_contract(service: Manifest, methods: list[Method]) -> list[str]:
    """The methods that a route repeats although their contract does not say that this is harmless."""
    return [
        method.path
        for method in methods
        for version in ("", "v2")
        if route_of(service, method.path, version).get("retries", {}).get("attempts", 2) and not method.idempotent
    ]


def routed() -> Iterator[tuple[Manifest, list[Method]]]:
    for service in of_kind("VirtualService", "traffic", "examples"):
        yield service, methods_of(service["metadata"]["name"].removesuffix("-service"))


def test_the_written_manifests_are_those_of_the_contracts_and_the_table_of_callers():
    assert {name: (ROOT / name).read_text() for name in written()} == written()


def test_kustomize_is_told_of_every_file_but_the_examples_and_the_installation():
    named = yaml.safe_load((ROOT / "kustomization.yaml").read_text())["resources"]
    files = {str(path.relative_to(ROOT)) for path in FILES}
    assert set(named) == {name for name in files if not name.startswith(("examples/", "install"))}


def test_retries_in_the_mesh_are_for_methods_whose_contract_says_idempotent():
    assert [wrong for service, methods in routed() for wrong in repeated_against_the_contract(service, methods)] == []


def test_a_retry_of_a_method_that_is_not_idempotent_is_found():
    service, methods = next(each for each in routed() if each[0]["metadata"]["name"] == "portfolio-service")
    wrong = yaml.safe_load(yaml.safe_dump(service))
    wrong["spec"]["http"][-1]["retries"] = {"attempts": 1}
    assert "/qpo.portfolio.v1.PortfolioService/CreatePortfolio" in repeated_against_the_contract(wrong, methods)
    del wrong["spec"]["http"][-1]["retries"]
    assert "/qpo.portfolio.v1.PortfolioService/CreatePortfolio" in repeated_against_the_contract(wrong, methods)


def test_a_short_idempotent_call_has_three_more_tries_of_two_seconds():
    for service, methods in routed():
        for method in methods:
            route = route_of(service, method.path)
            quick = method.idempotent and method.patience is Patience.QUICK
            assert (route["retries"].get("perTryTimeout") == "2s") == quick, method.path
            assert route["retries"]["attempts"] == (0 if method.patience is Patience.ONCE else 3), method.path
            assert "cancelled" not in route["retries"].get("retryOn", "")


def test_what_no_contract_names_is_not_repeated():
    for service, _ in routed():
        assert route_of(service, "/grpc.health.v1.Health/Check")["retries"] == {"attempts": 0}


@pytest.mark.parametrize(
    ("folder", "name", "share"), [("traffic", "", 0), ("examples", "10", 10), ("examples", "50", 50)]
)
def test_each_service_has_a_canary_of_its_version_2(folder, name, share):
    services = [s for s in of_kind("VirtualService", folder) if folder == "traffic" or s in _starting(f"{name}-of")]
    assert {service["metadata"]["name"] for service in services} == {workload(name) for name in SERVICES}
    for service in services:
        for route in service["spec"]["http"]:
            weights = {each["destination"]["subset"]: each["weight"] for each in route["route"]}
            expected = 100 if route["name"].endswith("-v2") else share
            assert weights == {"v1": 100 - expected, "v2": expected}


def _starting(name: str) -> list[Manifest]:
    return [each for path in (ROOT / "examples").glob(f"{name}*.yaml") for each in documents(path)]


def test_a_call_that_asks_for_version_2_gets_it():
    for service, methods in routed():
        for method in methods:
            assert route_of(service, method.path, "v2")["route"][1]["weight"] == 100


def test_clear_text_is_refused_everywhere():
    (policy,) = of_kind("PeerAuthentication")
    assert (policy["spec"], policy["metadata"]["namespace"]) == ({"mtls": {"mode": "STRICT"}}, "qpo")
    modes = [rule["spec"]["trafficPolicy"]["tls"]["mode"] for rule in of_kind("DestinationRule")]
    assert modes == ["ISTIO_MUTUAL"] * 6


def admitted(path: str, caller: str, token: bool, service: str = "") -> bool:
    """What the policies together say: nobody, but for the positive matches."""
    service = service or path.split(".")[1]
    (policy,) = [p for p in of_kind("AuthorizationPolicy") if p["metadata"]["name"] == f"{service}-service-callers"]
    assert policy["spec"]["action"] == "ALLOW"
    return any(_rule_admits(rule, path, caller, token) for rule in policy["spec"]["rules"])


def _rule_admits(rule: Manifest, path: str, caller: str, token: bool) -> bool:
    (source,), (to,) = [each["source"] for each in rule["from"]], [each["operation"] for each in rule["to"]]
    named = any(path == p or (p.endswith("*") and path.startswith(p[:-1])) for p in to["paths"])
    asked = source.get("requestPrincipals")
    assert asked in (None, [f"{ISSUER}/*"])
    assert to["ports"] == ["8000"]
    return (
        named
        and path not in to.get("notPaths", [])
        and principal(caller) in source["principals"]
        and (token or asked is None)
    )


def test_who_may_call_what_is_the_table_of_callers_to_the_method():
    for service in SERVICES:
        table = callers_of(service)
        owners = table.pop(OWNER)
        for method in methods_of(service):
            for caller in NAMES:
                allowed = table.get(caller, []) if method.path not in owners else []
                expected = any(re.fullmatch(re.escape(p).replace(r"\*", ".*"), method.path) for p in allowed)
                assert admitted(method.path, caller, True) == expected, (caller, method.path)
                assert admitted(method.path, caller, False) == (expected and method.open), (caller, method.path)


@pytest.mark.parametrize("service", SERVICES)
def test_whether_a_service_serves_its_callers_ask_without_a_token_and_nobody_else_asks(service: str):
    table = callers_of(service)
    for caller in set(NAMES) - {OWNER}:
        asks = any(path.startswith("/grpc.health.v1.Health/") for path in table.get(caller, []))
        assert asks == (caller in table)
        for token in (True, False):
            assert admitted("/grpc.health.v1.Health/Watch", caller, token, service) == asks


def test_nobody_may_call_anything_unless_named():
    nobody = [each["spec"] for each in of_kind("AuthorizationPolicy") if each["metadata"]["name"] == "nobody"]
    assert nobody == [{}]
    named = [each for each in of_kind("AuthorizationPolicy") if each["metadata"]["name"] != "nobody"]
    assert {each["spec"]["selector"]["matchLabels"]["app"] for each in named} == {
        workload(n) for n in (*SERVICES, EDGE)
    }
    for policy in named:
        assert all(
            "principals" in s["source"] or "namespaces" in s["source"]
            for r in policy["spec"]["rules"]
            for s in r["from"]
        )


def test_tokens_are_those_that_the_services_believe_themselves():
    settings = ServiceSettings.model_fields
    assert (settings["issuer"].default, settings["audience"].default) == (ISSUER, AUDIENCE)
    rules = {each["spec"]["selector"]["matchLabels"]["app"]: each["spec"] for each in of_kind("RequestAuthentication")}
    assert set(rules) == {workload(name) for name in SERVICES}
    for spec in rules.values():
        assert spec["jwtRules"] == [
            {"issuer": ISSUER, "audiences": [AUDIENCE], "jwksUri": JWKS, "forwardOriginalToken": True}
        ]


def test_the_mesh_and_the_machine_have_one_trust_domain():
    (install,) = of_kind("IstioOperator")
    assert install["spec"]["meshConfig"]["trustDomain"] == DOMAIN


def test_the_gateway_sees_the_addresses_of_callers():
    (install,) = of_kind("IstioOperator")
    (gateway,) = install["spec"]["components"]["ingressGateways"]
    assert (gateway["name"], gateway["enabled"]) == ("istio-ingressgateway", True)
    assert gateway["k8s"]["service"]["externalTrafficPolicy"] == "Local"


def test_the_vendors_that_can_be_reached_are_those_of_the_settings():
    fields = MarketDataSettings.model_fields
    urls = [
        fields[name].default for name in fields if name.endswith("_url") and name not in ("archive_url", "influx_url")
    ]
    vendors = {urlsplit(url).hostname for url in urls if isinstance(url, str) and url.startswith("https://")}
    (entry,) = [each for each in of_kind("ServiceEntry") if each["metadata"]["name"] == "vendors"]
    assert set(entry["spec"]["hosts"]) == vendors
    (scope,) = [each for each in of_kind("Sidecar") if each["metadata"]["name"] == "marketdata-service"]
    assert {f"./{host}" for host in vendors} < set(scope["spec"]["egress"][0]["hosts"])


def test_a_replica_rests_after_three_failures_for_30_seconds():
    for rule in of_kind("DestinationRule"):
        outliers = rule["spec"]["trafficPolicy"]["outlierDetection"]
        assert outliers["consecutiveLocalOriginFailures"] == 3
        assert outliers["baseEjectionTime"] == "30s"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_one_intention_that_it_begins_with(path: Path):
    assert path.read_text().startswith("# ")
    kinds = {each["kind"] for each in documents(path)}
    assert len(kinds) == 1
