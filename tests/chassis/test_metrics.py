import urllib.request

import grpc
import pytest
from grpc import StatusCode
from prometheus_client import REGISTRY, CollectorRegistry, Gauge

from chassis.metrics import Metrics, MetricsEndpoint
from chassis.serve import Server
from tests.chassis.gadget import Workshop, gadget, streamed, unary, workshop
from tests.chassis.refusals import refused
from tests.fixtures.serving import service_settings

PATH = "/qpo.gadget.v1.GadgetService/"


@pytest.fixture
async def metrics(tokens):
    """The metrics of a server that serves a workshop, as (metrics, channel)."""
    metrics = Metrics()
    server = Server(service_settings(), [workshop(Workshop())], tokens.keys, metrics=metrics)
    port = await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield metrics, channel
    await server.stop(0)


def count(metrics: Metrics, kind: str, name: str, code: str) -> float | None:
    labels = {"method": kind, "endpoint": PATH + name, "status": code}
    return metrics.registry.get_sample_value("api_requests_total", labels)


async def test_each_call_is_counted_by_kind_endpoint_and_status(metrics, anyone, tokens):
    metrics, channel = metrics
    call = unary(channel, "NameCaller")
    await call(gadget(), metadata=anyone)
    await call(gadget(), metadata=anyone)
    assert (await refused(call(gadget()))).code is StatusCode.UNAUTHENTICATED
    assert count(metrics, "unary", "NameCaller", "OK") == 2
    assert count(metrics, "unary", "NameCaller", "UNAUTHENTICATED") == 1
    took = metrics.registry.get_sample_value("api_response_time_seconds_count", {"endpoint": PATH + "NameCaller"})
    assert took == 3


async def test_a_streams_response_time_is_the_time_to_its_first_message(metrics, anyone):
    metrics, channel = metrics
    call = streamed(channel, "SubscribeGadgets")(gadget(), metadata=anyone)
    await call.read()
    labels = {"endpoint": PATH + "SubscribeGadgets"}
    assert metrics.registry.get_sample_value("api_response_time_seconds_count", labels) == 1
    call.cancel()


def test_the_buckets_are_the_specs():
    metrics = Metrics()
    metrics.observe("/a/b", 0.15)
    buckets = [
        sample.labels["le"]
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "api_response_time_seconds_bucket"
    ]
    assert buckets == ["0.01", "0.05", "0.1", "0.2", "0.5", "1.0", "2.0", "+Inf"]


def test_metrics_are_served_over_http_beside_the_services_own():
    registry = CollectorRegistry()
    Gauge("active_portfolios_count", "Number of active portfolios", registry=registry).set(7)
    metrics = Metrics(registry)
    metrics.count("unary", "/a/b", "OK")
    endpoint = MetricsEndpoint(registry, "127.0.0.1", 0)
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{endpoint.port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
    finally:
        endpoint.close()
    assert 'api_requests_total{endpoint="/a/b",method="unary",status="OK"} 1.0' in text
    assert "active_portfolios_count 7.0" in text
    assert "process_cpu_seconds_total" in text


def test_the_global_registry_stays_as_it_is():
    Metrics()
    assert REGISTRY.get_sample_value("api_requests_total") is None
    assert "api_requests" not in {family.name for family in REGISTRY.collect()}
