"""Who calls whom: drawn from the adapters, and without a circle."""

import graphlib
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def call_graph() -> dict[str, set[str]]:
    """Each service with the services whose stubs its adapters hold."""
    graph: dict[str, set[str]] = {}
    for service in sorted(path.parent for path in (ROOT / "services").glob("*/__main__.py")):
        text = "\n".join(path.read_text() for path in (service / "adapters").rglob("*.py"))
        graph[service.name] = set(re.findall(r"from qpo\.(\w+)\.v1\.?\w* import \w*_pb2_grpc|(\w+)Stub\b", text) and
                                  re.findall(r"qpo\.(\w+)\.v1\.\w+_pb2_grpc", text)) - {service.name}
    return graph


def test_nothing_that_is_called_inside_a_call_calls_back() -> None:
    order = list(graphlib.TopologicalSorter(call_graph()).static_order())
    assert {"portfolio", "optimizer", "ml", "marketdata"} <= set(order)


def test_the_call_graph_is_the_one_that_the_architecture_page_shows() -> None:
    assert {caller: sorted(callees) for caller, callees in call_graph().items()} == {
        "auth": [],
        "marketdata": [],
        "ml": ["marketdata"],
        "optimizer": ["ml", "portfolio"],
        "portfolio": ["marketdata", "optimizer"],
    }
