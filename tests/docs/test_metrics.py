"""What /metrics of a running service tells is what the monitoring page says that it tells."""

import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from stack.addresses import SERVICES
from tests.docs.conftest import Newcomer
from tools.reference.metrics import metrics

# What the client library tells of every process; it also tells when each counter was `_created`.
LIBRARY = ("process_", "python_")


def told_by(newcomer: Newcomer, service: str) -> dict[str, str]:
    """Name and kind of each metric of a service's own; a counter's name ends in _total."""
    url = f"http://{newcomer.addresses.metrics(service)}/metrics"
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    names = {f"{one.name}_total" if one.type == "counter" else one.name: one.type for one in families}
    return {name: kind for name, kind in names.items() if not (name.startswith(LIBRARY) or name.endswith("_created"))}


@pytest.mark.mesh
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_tells_what_the_page_says(newcomer: Newcomer, service: str) -> None:
    told = told_by(newcomer, service)
    written = {metric.name: metric.kind for metric in metrics() if metric.where in {service, "every service"}}
    assert told.items() <= written.items()
    assert {metric.name for metric in metrics() if metric.where == service} <= set(told)
    assert {"api_requests_total", "api_response_time_seconds"} <= set(told)
