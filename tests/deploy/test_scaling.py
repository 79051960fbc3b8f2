"""The specification's numbers, on metrics that the services export."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from stack.addresses import SERVICES
from tests.deploy.rendering import DEPLOY, OVERLAYS, one, rendered, text_of
from tools.manifests.manifest import read
from tools.reference.metrics import metrics

# What a query names besides: functions, operators, labels.
NAME = re.compile(r"\b([a-z][a-z0-9]*(?:_[a-z0-9]+)+)(?=[{\[)\s]|$)")
FUNCTIONS = {"histogram_quantile"}


def triggers(name: str) -> dict[str, dict[str, Any]]:
    scaled = one(rendered("prod"), "ScaledObject", name)["spec"]
    return {each.get("name", each["type"]): each for each in scaled["triggers"]}


def by_keda(name: str) -> tuple[int, int]:
    spec = one(rendered("prod"), "ScaledObject", name)["spec"]
    return spec["minReplicaCount"], spec["maxReplicaCount"]


def by_kubernetes(name: str) -> tuple[int, int]:
    (scaler,) = read((DEPLOY / "scaling" / "hpa" / f"{name.removesuffix('-service')}.yaml").read_text())
    return scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]


@pytest.mark.parametrize("bounds", [by_keda, by_kubernetes])
def test_there_are_as_many_as_the_specification_says(bounds: Callable[[str], tuple[int, int]]) -> None:
    assert bounds("portfolio-service") == (3, 20)
    assert bounds("optimizer-service") == (2, 10)


@pytest.mark.parametrize("name", [*(f"{service}-service" for service in SERVICES), "edge"])
def test_a_laptop_has_as_many_at_least_and_fewer_at_most_and_asks_for_the_memory_that_scalers_reckon_with(
    name: str,
) -> None:
    documents = rendered("kind")
    scaler = one(documents, "HorizontalPodAutoscaler", name)["spec"]
    least, most = by_kubernetes(name)
    assert scaler["minReplicas"] == least
    assert least < scaler["maxReplicas"] < most
    asked = [
        one(each, "Deployment", name)["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["memory"]
        for each in (documents, rendered("prod"))
    ]
    assert asked[0] == asked[1]


def test_before_there_is_a_scaler_portfolio_has_three_replicas() -> None:
    assert one(read(text_of(DEPLOY / "base")), "Deployment", "portfolio-service")["spec"]["replicas"] == 3


def test_portfolio_is_scaled_by_processor_memory_requests_and_p95() -> None:
    told = triggers("portfolio-service")
    assert told["cpu"]["metadata"]["value"] == "70"
    assert told["memory"]["metadata"]["value"] == "80"
    assert (told["requests-per-second"]["metricType"], told["requests-per-second"]["metadata"]["threshold"]) == (
        "AverageValue",
        "100",
    )
    assert (told["p95-milliseconds"]["metricType"], told["p95-milliseconds"]["metadata"]["threshold"]) == (
        "Value",
        "200",
    )


def test_optimizer_is_scaled_by_processor_queue_and_time() -> None:
    told = triggers("optimizer-service")
    assert told["cpu"]["metadata"]["value"] == "85"
    assert told["jobs-waiting"]["metadata"]["threshold"] == "50"
    assert told["milliseconds-per-job"]["metadata"]["threshold"] == "300"


def test_kind_has_the_same_of_processor_and_memory() -> None:
    asked = {}
    for name in ("portfolio-service", "optimizer-service"):
        told = one(rendered("kind"), "HorizontalPodAutoscaler", name)["spec"]["metrics"]
        asked[name] = {each["resource"]["name"]: each["resource"]["target"]["averageUtilization"] for each in told}
    assert asked == {"portfolio-service": {"cpu": 70, "memory": 80}, "optimizer-service": {"cpu": 85}}


def test_portfolio_asks_for_what_the_specification_says() -> None:
    (container,) = one(rendered("prod"), "Deployment", "portfolio-service")["spec"]["template"]["spec"]["containers"]
    assert container["resources"] == {
        "requests": {"cpu": "250m", "memory": "512Mi"},
        "limits": {"cpu": "500m", "memory": "1Gi"},
    }


def exported() -> set[str]:
    """Every series that services tell, as Prometheus names it."""
    names = set()
    for metric in metrics():
        parts = ("_bucket", "_sum", "_count") if metric.kind == "histogram" else ("",)
        names |= {f"{metric.name}{part}" for part in parts}
    return names


def queries() -> list[str]:
    documents = rendered("prod")
    asked = [
        trigger["metadata"]["query"]
        for document in documents
        if document["kind"] == "ScaledObject"
        for trigger in document["spec"]["triggers"]
        if trigger["type"] == "prometheus"
    ]
    rule = one(documents, "AnalysisTemplate", "calls-of-a-canary")["spec"]["metrics"]
    return asked + [metric["provider"]["prometheus"]["query"] for metric in rule]


def test_every_metric_that_a_scaler_or_the_rule_of_delivery_names_is_exported() -> None:
    asked = queries()
    assert len(asked) == 6
    for query in asked:
        named = set(NAME.findall(re.sub(r'"[^"]*"', '""', query))) - FUNCTIONS
        assert named, query
        assert named <= exported(), query


def test_a_pod_serves_five_seconds_before_another_goes_and_none_is_missing_meanwhile() -> None:
    for overlay in OVERLAYS:
        for service in SERVICES:
            spec = one(rendered(overlay), "Deployment", f"{service}-service")["spec"]
            assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
            assert spec["minReadySeconds"] == 5
