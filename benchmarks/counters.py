"""What the servers themselves counted: the judge of whether calls succeeded."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterable

from prometheus_client.parser import text_string_to_metric_families

_COUNTED = frozenset({"api_requests_total", "http_requests_total"})
_GOOD = ("OK", "2")  # a gRPC status by name, an HTTP status by its first digit


def succeeded(addresses: Iterable[str], path: str) -> float:
    """How many calls of `path` the servers whose /metrics are at `addresses` count as answered well."""
    return sum(
        sample.value
        for address in addresses
        for family in text_string_to_metric_families(_text(address))
        for sample in family.samples
        if sample.name in _COUNTED and sample.labels["endpoint"] == path and sample.labels["status"].startswith(_GOOD)
    )


def value(addresses: Iterable[str], name: str, result: str) -> float:
    """The counter of this name and `result`, over all servers whose /metrics are at `addresses`."""
    return sum(
        sample.value
        for address in addresses
        for family in text_string_to_metric_families(_text(address))
        for sample in family.samples
        if sample.name == name and sample.labels["result"] == result
    )


def _text(address: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://{address}/metrics", timeout=10) as answer:  # a server of our own
        text: str = answer.read().decode()
    return text
