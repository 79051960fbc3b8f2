"""What TLS costs a caller: GetPortfolio with 20 holdings through the edge of a mesh with it and of one without.

One caller, one call after another, the two meshes in turn within a round.
"""

from __future__ import annotations

import contextlib
import itertools
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import grpc
from google.protobuf.json_format import ParseDict
from qpo.auth.v1 import auth_service_pb2 as auth
from qpo.auth.v1.auth_service_pb2_grpc import AuthServiceStub
from qpo.marketdata.v1.marketdata_service_pb2_grpc import MarketDataServiceStub
from qpo.portfolio.v1 import portfolio_service_pb2 as portfolios
from qpo.portfolio.v1.portfolio_service_pb2_grpc import PortfolioServiceStub

from benchmarks import cpu
from benchmarks.figures import Figure
from benchmarks.scale import Scale
from benchmarks.world import closes, portfolio, settings
from stack.identities import EDGE
from stack.mesh import Mesh

CLEAR, TLS = "clear", "tls"
_PROCESSES = ("envoy", "portfolio")
_DIRECT = (("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1))


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone with a portfolio, at one of the meshes."""

    mesh: Mesh
    channel: grpc.Channel
    portfolio_id: str
    metadata: tuple[tuple[str, str], ...]

    def read(self) -> None:
        """Reads the portfolio."""
        request = portfolios.GetPortfolioRequest(portfolio_id=self.portfolio_id)
        PortfolioServiceStub(self.channel).GetPortfolio(request, metadata=self.metadata, timeout=10)


def figures(scale: Scale) -> Iterator[Figure]:
    """Milliseconds of a call, CPU of Envoy and of the service for it, and milliseconds of a connection's first call."""
    with contextlib.ExitStack() as stack:
        callers = {name: stack.enter_context(_caller(name == TLS)) for name in (CLEAR, TLS)}
        for caller in callers.values():
            for _ in range(scale.warm_up):
                caller.read()
        took: dict[str, list[list[float]]] = {name: [] for name in callers}  # by round
        spent = {(name, part): 0.0 for name in callers for part in _PROCESSES}
        for number in range(scale.rounds):
            for name in (CLEAR, TLS) if number % 2 else (TLS, CLEAR):
                took[name].append(_round(callers[name], scale.seconds, name, spent))
        yield from _shown(took, spent)
        for name, caller in callers.items():
            connections = [_connected(caller) for _ in range(4 * scale.rounds)]
            yield Figure(f"encryption.{name}.first_call", 1e3 * statistics.median(connections), "ms")


def _round(caller: Caller, seconds: float, name: str, spent: dict[tuple[str, str], float]) -> list[float]:
    """Returns the seconds of each call of a round, and adds what it took of the processors to `spent`."""
    heads = {part.name: part.pid or 0 for part in caller.mesh.parts() if part.name in _PROCESSES}
    before = {part: cpu.seconds([pid]) for part, pid in heads.items()}
    took, end = [], time.perf_counter() + seconds
    while (began := time.perf_counter()) < end:
        caller.read()
        took.append(time.perf_counter() - began)
    for part, pid in heads.items():
        spent[name, part] += cpu.seconds([pid]) - before[part]
    return took


def _shown(took: Mapping[str, list[list[float]]], spent: Mapping[tuple[str, str], float]) -> Iterator[Figure]:
    for name, rounds in took.items():
        times = sorted(itertools.chain(*rounds))
        yield Figure(f"encryption.{name}.calls", len(times), "calls")
        yield Figure(f"encryption.{name}.p50", 1e3 * statistics.median(times), "ms")
        yield Figure(f"encryption.{name}.p95", 1e3 * times[int(0.95 * (len(times) - 1))], "ms")
        for part in _PROCESSES:
            yield Figure(f"encryption.{name}.{part}_cpu", 1e6 * spent[name, part] / len(times), "us")
    medians = zip(*(map(statistics.median, took[name]) for name in (TLS, CLEAR)), strict=True)
    yield Figure("encryption.tls_over_clear", statistics.median(tls / clear for tls, clear in medians), "x")


def _connected(caller: Caller) -> float:
    """Returns the seconds of a first call on a connection of its own."""
    began = time.perf_counter()
    with _dialled(caller.mesh) as channel:
        replace(caller, channel=channel).read()
        return time.perf_counter() - began


@contextlib.contextmanager
def _caller(tls: bool) -> Iterator[Caller]:
    """A mesh, and someone with prices and a portfolio there."""
    with tempfile.TemporaryDirectory(prefix="qpo-bench-") as folder:
        told = settings(Path(folder)).model_copy(update={"tls": tls})
        with Mesh(told) as mesh, _dialled(mesh) as channel:
            credentials = {"email": f"{uuid4().hex[:12]}@example.com", "password": uuid4().hex}
            door = AuthServiceStub(channel)
            door.Register(auth.RegisterRequest(**credentials), timeout=30)
            token = door.Login(auth.LoginRequest(**credentials), timeout=30).tokens.access_token
            metadata = (("authorization", f"Bearer {token}"),)
            MarketDataServiceStub(channel).IngestPrices(closes(), metadata=metadata, timeout=60)
            keeper = PortfolioServiceStub(channel)
            wanted = ParseDict(portfolio(), portfolios.CreatePortfolioRequest())
            made = keeper.CreatePortfolio(wanted, metadata=metadata, timeout=30).portfolio.id
            keeper.RebalancePortfolio(
                portfolios.RebalancePortfolioRequest(portfolio_id=made), metadata=metadata, timeout=60
            )
            yield Caller(mesh, channel, made, metadata)


def _dialled(mesh: Mesh) -> grpc.Channel:
    if not mesh.addresses.tls:
        return grpc.insecure_channel(mesh.edge_address, _DIRECT)
    authority = mesh.layout.identity(EDGE).authority.read_bytes()
    return grpc.secure_channel(mesh.edge_address, grpc.ssl_channel_credentials(authority), _DIRECT)
