"""Which method calls which, drawn from the code: a use case names its ports, and an adapter of a port its peer."""

import ast
import graphlib
import re
from pathlib import Path

from google.protobuf import descriptor_pb2

from stack.identities import CALLS, EDGE, OWNER, callers_of
from tools.openapi import read_image

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ROOT / "services"
HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

Graph = dict[str, set[str]]


def our_methods() -> dict[str, list[str]]:
    """The RPCs of each service, by its name."""
    files: list[descriptor_pb2.FileDescriptorProto] = list(read_image(ROOT / "gen/descriptors/qpo.binpb").file)
    return {
        file.package.split(".")[1]: [method.name for service in file.service for method in service.method]
        for file in files
        if file.package.startswith("qpo.") and file.service
    }


def peer_calls(service: Path) -> dict[str, set[str]]:
    """For each port that a `<port>_grpc.py` fills: the peer methods that it calls, as `service.Method`."""
    calls: dict[str, set[str]] = {}
    for adapter in (service / "adapters").glob("*_grpc.py"):
        text = adapter.read_text()
        peers = set(re.findall(r"qpo\.(\w+)\.v1\.\w+_pb2_grpc", text))
        assert len(peers) == 1, f"{adapter.name} speaks to {peers}"
        methods = {f"{peers.copy().pop()}.{name}" for name in re.findall(r"stub\.([A-Z]\w+)\(", text)}
        assert methods, f"{adapter.name} calls nothing"
        calls[port_of(service, adapter.stem.removesuffix("_grpc"))] = methods
    return calls


def port_of(service: Path, prefix: str) -> str:
    """The Protocol in app/ports.py whose name begins as the adapter's file does."""
    tree = ast.parse((service / "app/ports.py").read_text())
    names = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    found = [name for name in names if HUMP.sub("_", name).lower().startswith(prefix)]
    assert found, f"{service.name}: no port is called as {prefix}_grpc.py is"
    return min(found, key=len)


def ports_of(service: Path, module: str, ports: set[str], seen: frozenset[str] = frozenset()) -> set[str]:
    """The ports that a module of app/ names, itself or in the app modules that it imports."""
    path = service / "app" / f"{module}.py"
    if module in seen or not path.exists() or module == "ports":
        return set()
    text = path.read_text()
    named = {port for port in ports if re.search(rf"\b{port}\b", text)}
    inner = set(re.findall(rf"services\.{service.name}\.app\.(\w+) import", text))
    return named.union(*(ports_of(service, other, ports, seen | {module}) for other in inner))


def call_graph() -> Graph:
    """Each method of ours with the methods of peers that it calls."""
    graph: Graph = {}
    for service, methods in our_methods().items():
        calls = peer_calls(SERVICES / service)
        for method in methods:
            module = HUMP.sub("_", method).lower()
            named = ports_of(SERVICES / service, module, set(calls))
            graph[f"{service}.{method}"] = set().union(*(calls[port] for port in named))
    return graph


def test_nothing_that_is_called_inside_a_call_calls_back() -> None:
    graph = call_graph()
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert set(order) == set(graph), "a call goes to a method that no contract has"


def test_the_architecture_page_shows_the_call_graph_as_it_is() -> None:
    page = (ROOT / "docs/architecture/README.md").read_text()
    shown: Graph = {}
    for callers, callees in re.findall(r"^\| ((?:\w+\.\w+(?:, )?)+) \| ((?:\w+\.\w+(?:, )?)+) \|$", page, re.MULTILINE):
        for caller in callers.split(", "):
            shown[caller] = set(callees.split(", "))
    assert shown == {caller: callees for caller, callees in call_graph().items() if callees}


def test_a_service_may_be_called_by_those_that_call_it_and_for_that_alone() -> None:
    drawn: Graph = {service.name: set() for service in SERVICES.iterdir() if (service / "__main__.py").exists()}
    for caller, callees in call_graph().items():
        drawn[caller.partition(".")[0]] |= callees
    allowed = {caller: {called(path) for path in paths} for caller, paths in CALLS.items()}
    assert allowed == drawn
    for service in allowed:
        others = {caller for caller, callees in drawn.items() for callee in callees if callee.startswith(f"{service}.")}
        readers = set(drawn) - {"auth"} if service == "auth" else set()  # of the keys that tokens are verified with
        assert set(callers_of(service)) == {EDGE, OWNER} | others | readers


def called(path: str) -> str:
    """`/qpo.ml.v1.MlService/EstimateMoments` → `ml.EstimateMoments`."""
    return f"{path.split('.')[1]}.{path.rpartition('/')[2]}"
