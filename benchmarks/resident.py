"""Single solves over a resident universe of 500 assets, in turn with a call that does nothing on the same path.

Each problem is another, so that none is answered from what is kept.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from qpo.auth.v1 import auth_service_pb2
from qpo.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from qpo.optimizer.v1 import optimizer_service_pb2 as pb
from qpo.optimizer.v1.optimizer_service_pb2_grpc import OptimizerServiceStub
from qpo.types.v1 import matrix_pb2

from benchmarks.figures import Figure
from benchmarks.portfolios import LARGEST_SECTOR, SYMBOLS, header, sectors
from benchmarks.scale import Scale
from benchmarks.world import World

WARM_UP = 200
_OPTIONS = (("grpc.enable_http_proxy", 0), ("grpc.max_receive_message_length", 1 << 24))
Metadata = Sequence[tuple[str, str]]


def figures(world: World, scale: Scale) -> Iterator[Figure]:
    """Latencies of both, and by how much the solve's p95 exceeds the echo's: at the service, and through the edge."""
    metadata = [("authorization", f"Bearer {world.reader.token()}")]
    calls = max(20, round(50 * scale.rounds * scale.seconds))
    with service(world) as channel:
        universe = put(channel, metadata)
        yield from _direct(channel, universe, metadata, calls)
    yield from _through_the_edge(world, universe, metadata, calls)


@contextlib.contextmanager
def service(world: World) -> Iterator[grpc.Channel]:
    """A channel to optimizer itself."""
    with grpc.insecure_channel(world.mesh.addresses.service("optimizer"), _OPTIONS) as channel:
        yield channel


def put(channel: grpc.Channel, metadata: Metadata) -> str:
    """Puts the universe; its id."""
    answer = OptimizerServiceStub(channel).PutUniverse(_universe(), metadata=metadata, timeout=60)
    return str(answer.universe_id)


def stated() -> dict[str, Any]:
    """The header's goal and constraints, as the contract has them."""
    groups = [{"name": name, "symbols": list(of), "max": LARGEST_SECTOR} for name, of in sectors().items()]
    return {"goal": {"objective": "OBJECTIVE_UTILITY", "risk_aversion": 6.0}, "constraints": {"groups": groups}}


def _direct(channel: Any, universe: str, metadata: Metadata, calls: int) -> Iterator[Figure]:
    """The service itself: its health is the echo."""
    health, stub = health_pb2_grpc.HealthStub(channel), OptimizerServiceStub(channel)
    requests = iter([pb.SolveRequest(**_problem(universe, step)) for step in range(calls + WARM_UP)])
    yield from _beside(
        "grpc",
        lambda: health.Check(health_pb2.HealthCheckRequest(), timeout=10),
        lambda: stub.Solve(next(requests), metadata=metadata, timeout=10),
        calls,
    )


def _through_the_edge(world: World, universe: str, metadata: Metadata, calls: int) -> Iterator[Figure]:
    """The same through Envoy, where who one is is the least that can be asked."""
    problems = [_problem(universe, 10_000 + step) for step in range(2 * (calls + WARM_UP))]
    requests = iter([pb.SolveRequest(**problem) for problem in problems[::2]])
    bodies = iter([json.dumps(problem) for problem in problems[1::2]])
    with grpc.insecure_channel(world.mesh.edge_address, _OPTIONS) as channel:
        auth, stub = AuthServiceStub(channel), OptimizerServiceStub(channel)
        yield from _beside(
            "edge_grpc",
            lambda: auth.WhoAmI(auth_service_pb2.WhoAmIRequest(), metadata=metadata, timeout=10),
            lambda: stub.Solve(next(requests), metadata=metadata, timeout=10),
            calls,
        )
    # httpx takes a millisecond for itself, and more of it for a larger answer.
    headers = dict(metadata) | {"content-type": "application/json"}
    with contextlib.closing(http.client.HTTPConnection(world.mesh.edge_address, timeout=10)) as client:
        yield from _beside(
            "edge_rest",
            lambda: _asked(client, "GET", "/api/v1/auth/me", headers),
            lambda: _asked(client, "POST", "/api/v1/solve", headers, next(bodies)),
            calls,
        )


def _asked(client: http.client.HTTPConnection, verb: str, path: str, headers: dict[str, str], body: str = "") -> bytes:
    """Raises RuntimeError if it is not answered well."""
    client.request(verb, path, body.encode() or None, headers)
    answer = client.getresponse()
    read = answer.read()
    if answer.status != http.HTTPStatus.OK:
        raise RuntimeError(f"{verb} {path}: {answer.status} {read[:200]!r}")
    return read


def _beside(path: str, echo: Callable[[], Any], solve: Callable[[], Any], calls: int) -> Iterator[Figure]:
    """One caller, the two in turn."""
    seconds: dict[str, list[float]] = {"echo": [], "solve": []}
    for turn in range(calls + WARM_UP):
        for name, call in (("echo", echo), ("solve", solve)):
            began = time.perf_counter()
            call()
            if turn >= WARM_UP:
                seconds[name].append(time.perf_counter() - began)
    for name, found in seconds.items():
        yield Figure(f"resident.{path}.{name}.p50", 1e3 * _percentile(found, 0.5), "ms")
        yield Figure(f"resident.{path}.{name}.p95", 1e3 * _percentile(found, 0.95), "ms")
    excess = _percentile(seconds["solve"], 0.95) - _percentile(seconds["echo"], 0.95)
    yield Figure(f"resident.{path}.excess_p95", 1e3 * excess, "ms")


def _percentile(seconds: Sequence[float], share: float) -> float:
    return sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))]


def _problem(universe: str, step: int) -> dict[str, Any]:
    goal = {"objective": "OBJECTIVE_UTILITY", "risk_aversion": 4.0 + 1e-4 * step}
    return {"source": {"universe_id": universe}, "goal": goal, "constraints": stated()["constraints"]}


def _universe() -> pb.PutUniverseRequest:
    moments = header().moments
    request = pb.PutUniverseRequest()
    sent = request.source.moments
    sent.symbols.extend(SYMBOLS)
    sent.expected_returns.extend(moments.expected_returns.tolist())
    covariance: Any = moments.covariance
    sent.factors.loadings.CopyFrom(_matrix(covariance.loadings))
    sent.factors.specific_variances.CopyFrom(_matrix(covariance.specific[:, None]))
    return request


def _matrix(values: Any) -> matrix_pb2.Matrix:
    rows, columns = values.shape
    return matrix_pb2.Matrix(rows=rows, cols=columns, packed=values.astype("<f8").tobytes())
