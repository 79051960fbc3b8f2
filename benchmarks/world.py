"""The world that is measured: a mesh of its own, a user with a token, prices of 20 stocks, 20 portfolios."""

from __future__ import annotations

import contextlib
import math
import os
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import httpx
from qpo.marketdata.v1.marketdata_service_pb2 import IngestHeader, IngestPricesRequest, PriceFormat
from qpo.marketdata.v1.marketdata_service_pb2_grpc import MarketDataServiceStub

from stack.mesh import Mesh
from stack.settings import MeshSettings

SYMBOLS = tuple(f"S{number:02d}" for number in range(20))
DATASET = "closes"
SESSIONS = 400
PORTFOLIOS = 20
# Each of them is held: a floor of 2 % makes a portfolio of all 20.
CONSTRAINTS = {"default_bounds": {"min": 0.02, "max": 0.2}}
# A hundred callers are one user here, who by default may have 50 unfinished jobs; every figure logs in again.
_ENVIRONMENT = {
    "QPO_OPTIMIZER_MAX_UNFINISHED_JOBS": "1000",
    "QPO_AUTH_ATTEMPTS_PER_ADDRESS": "600 per minute",
    "QPO_AUTH_ATTEMPTS_OF_EVERYBODY": "600 per minute",
}


@dataclass(frozen=True, slots=True)
class User:
    """Someone with an account; a token lives 15 minutes, so every figure takes a new one."""

    edge_url: str
    email: str
    password: str

    def token(self) -> str:
        """Logs in and returns an access token."""
        with httpx.Client(base_url=self.edge_url, timeout=30, trust_env=False) as door:
            answer = door.post("/api/v1/auth/login", json={"email": self.email, "password": self.password})
            token: str = answer.raise_for_status().json()["tokens"]["access_token"]
        return token

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Asks the edge over REST. Raises httpx.HTTPStatusError for a refusal."""
        headers = {"authorization": f"Bearer {self.token()}"}
        with httpx.Client(base_url=self.edge_url, headers=headers, timeout=60, trust_env=False) as client:
            found: dict[str, Any] = client.request(method, path, json=body).raise_for_status().json()
        return found


@dataclass(frozen=True, slots=True)
class World:
    """A running mesh with its inhabitants. `writer` is another user, whose writes do not lengthen `reader`'s list."""

    settings: MeshSettings
    mesh: Mesh
    reader: User
    writer: User
    portfolio_id: str

    def pids(self, part: str) -> list[int]:
        """The processes of a part, by replica."""
        named = [status for status in self.mesh.parts() if status.name.rstrip("-0123456789") == part]
        return [status.pid for status in named if status.pid is not None]

    def metrics(self, service: str) -> list[str]:
        """Where a service's /metrics are."""
        return [self.mesh.metrics_address(replica) for replica in self.mesh.addresses.replicas(service)]


@contextlib.contextmanager
def world(cache: str) -> Iterator[World]:
    """Starts a mesh on free ports in a folder of its own, and settles its users; both are gone at the end.

    `cache` is "on" or "off": whether portfolio answers reads from its caches.
    """
    os.environ.update(_ENVIRONMENT, QPO_PORTFOLIO_CACHE=cache)
    with tempfile.TemporaryDirectory(prefix="qpo-bench-") as folder, Mesh(told := settings(Path(folder))) as mesh:
        reader, writer = _registered(mesh.edge_url), _registered(mesh.edge_url)
        for user in (reader, writer):
            _import_prices(mesh.edge_address, user.token())
        for _ in range(PORTFOLIOS):
            made = reader.ask("POST", "/api/v1/portfolios", portfolio())["portfolio"]
        held = reader.ask("POST", f"/api/v1/portfolios/{made['id']}/rebalance", {})["portfolio"]["holdings"]
        if len(held) != len(SYMBOLS):
            raise RuntimeError(f"the measured portfolio has {len(held)} holdings instead of {len(SYMBOLS)}")
        yield World(told, mesh, reader, writer, made["id"])


def settings(state: Path) -> MeshSettings:
    """A mesh beside whatever else runs here; durable, as in production."""
    return MeshSettings(state_dir=state, free_ports=True, optimizer_workers=2, limits=False)


def portfolio() -> dict[str, Any]:
    """A new portfolio, as a REST client sends it."""
    return {
        "name": "Measured",
        "strategy": {
            "goal": {"objective": "OBJECTIVE_RISK"},
            "universe": list(SYMBOLS),
            "dataset": DATASET,
            "estimation": {"lookback": 252},
        },
        "constraints": CONSTRAINTS,
        "initial_cash": {"value": "1000000.00"},
    }


def _registered(edge_url: str) -> User:
    user = User(edge_url, f"{uuid4().hex[:12]}@example.com", uuid4().hex)
    with httpx.Client(base_url=edge_url, timeout=30, trust_env=False) as door:
        door.post("/api/v1/auth/register", json={"email": user.email, "password": user.password}).raise_for_status()
    return user


def _import_prices(edge_address: str, token: str) -> None:
    with grpc.insecure_channel(edge_address, (("grpc.enable_http_proxy", 0),)) as channel:
        metadata = (("authorization", f"Bearer {token}"),)
        MarketDataServiceStub(channel).IngestPrices(closes(), metadata=metadata, timeout=60)


def closes() -> Iterator[IngestPricesRequest]:
    """The prices, as a client sends them."""
    yield IngestPricesRequest(header=IngestHeader(dataset=DATASET, format=PriceFormat.PRICE_FORMAT_CSV))
    yield IngestPricesRequest(chunk=_closes())


def _closes() -> bytes:
    """A wide CSV of prices that drift upwards, the same every time."""
    chance, first = random.Random(7), date(2021, 1, 4)
    prices = dict.fromkeys(SYMBOLS, 100.0)
    lines = ["date," + ",".join(SYMBOLS)]
    for step in range(SESSIONS):
        for place, symbol in enumerate(SYMBOLS):
            prices[symbol] *= math.exp(chance.gauss(0.0003, 0.008 + 0.0005 * place))
        lines.append(f"{first + timedelta(days=step)}," + ",".join(f"{prices[symbol]:.6f}" for symbol in SYMBOLS))
    return ("\n".join(lines) + "\n").encode()
