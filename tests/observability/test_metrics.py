"""Prometheus reads every process, and finds every metric of the specification with its labels and buckets."""

import re

import pytest

from stack.addresses import SERVICES
from stack.mesh import Mesh
from tests.mesh.rest import User
from tests.observability.conftest import Series, await_true
from tools.reference.metrics import metrics

pytestmark = pytest.mark.component("prometheus")

# Of the specification: labels beside those of the target, and buckets.
SPECIFIED = {
    "portfolio_optimizations_total": ({"user_tier", "optimization_type", "result"}, ()),
    "optimization_duration_seconds_bucket": ({"optimization_type", "le"}, (0.1, 0.5, 1.0, 2.0, 5.0, 10.0)),
    "active_portfolios_count": (set(), ()),
    "api_requests_total": ({"method", "endpoint", "status"}, ()),
    "api_response_time_seconds_bucket": ({"endpoint", "le"}, (0.01, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)),
}
OF_THE_TARGET = {"__name__", "job", "instance", "service"}
JOBS = {"portfolio-app", "edge", "postgres-exporter", "redis-exporter", "node-exporter"}


def test_every_process_is_read(mesh: Mesh, series: Series) -> None:
    def all_up() -> bool:
        up = series.query("up == 1")
        return {each["metric"]["job"] for each in up} == JOBS and len(up) == len(JOBS) - 1 + len(SERVICES)

    await_true(all_up, f"not every process is up: {series.query('up')}")
    assert {each["metric"]["service"] for each in series.query('up{job="portfolio-app"}')} == set(SERVICES)
    assert series.await_any("pg_up == 1")
    assert series.await_any("redis_up == 1")
    assert series.await_any("node_load1")
    assert series.await_any("envoy_server_uptime")


@pytest.mark.parametrize("name", SPECIFIED)
def test_a_metric_of_the_specification_is_there_with_its_labels_and_buckets(
    again: User, series: Series, name: str
) -> None:
    labels, buckets = SPECIFIED[name]
    samples = series.await_any(name)
    assert {frozenset(set(each["metric"]) - OF_THE_TARGET) for each in samples} == {frozenset(labels)}
    bounds = {float(each["metric"]["le"]) for each in samples if "le" in each["metric"]}
    assert bounds == ({*buckets, float("inf")} if buckets else set())


def names_in(expression: str) -> set[str]:
    """The metrics that an expression asks for."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b(by|on|without|ignoring)\s*\([^)]*\)', " ", expression)
    return set(re.findall(r"\b[a-zA-Z_:][\w:]*\b(?!\s*\()", bare)) - {"or", "and", "unless"}


def test_what_the_rules_ask_for_exists_in_the_mesh(again: User, series: Series) -> None:
    """A rule over a metric that is not there never fires."""
    rules = [rule for group in series.get("/rules")["groups"] for rule in group["rules"]]
    assert not [rule for rule in rules if rule.get("lastError")]
    asked = set().union(*(names_in(rule["query"]) for rule in rules))
    # Counted only once something went wrong: that ours make it must do.
    later = {"bus_dead_letters_total"}
    assert later <= asked & {one.name for one in metrics()}
    assert {"optimization_queue_length", "pg_server_began_time_seconds", "envoy_server_uptime"} <= asked
    for name in sorted(asked - later):
        assert series.await_any(name), name


def test_portfolios_are_counted(again: User, series: Series) -> None:
    assert series.await_any("active_portfolios_count >= 1")
