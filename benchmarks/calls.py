"""The calls that are measured, each as gRPC and as REST."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from google.protobuf.json_format import ParseDict
from qpo.auth.v1 import auth_service_pb2 as auth
from qpo.optimizer.v1 import optimizer_service_pb2 as optimizer
from qpo.portfolio.v1 import portfolio_service_pb2 as portfolio

PAGE = 20
WAIT_MS = 20_000


class Message(Protocol):
    """A protobuf message."""

    def SerializeToString(self) -> bytes:  # noqa: N802 - protobuf's name
        """Its bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the gRPC method with its request, and what a REST client would send for it."""

    name: str
    service: str  # whose process answers: "auth", "portfolio", "optimizer"
    method: str  # "/package.Service/Method"
    request: Message
    rest_path: str
    rest_body: dict[str, Any] | None = field(default=None, hash=False)

    def path(self, protocol: str) -> str:
        """The path that is asked."""
        return self.method if protocol == "grpc" else self.rest_path

    def body(self, protocol: str) -> bytes:
        """What is sent; nothing for a GET. A gRPC message is led by a flag and its length."""
        if protocol != "grpc":
            return b"" if self.rest_body is None else json.dumps(self.rest_body).encode()
        message = self.request.SerializeToString()
        return b"\0" + len(message).to_bytes(4, "big") + message

    def headers(self, protocol: str, token: str) -> Sequence[tuple[str, str]]:
        """The headers that are sent."""
        who = ("authorization", f"Bearer {token}")
        if protocol == "grpc":
            return who, ("content-type", "application/grpc"), ("te", "trailers")
        return (who,) if self.rest_body is None else (who, ("content-type", "application/json"))


def who_am_i() -> Call:
    """WhoAmI: the caller's own account."""
    return Call("who_am_i", "auth", "/qpo.auth.v1.AuthService/WhoAmI", auth.WhoAmIRequest(), "/api/v1/auth/me")


def get_portfolio(portfolio_id: str) -> Call:
    """GetPortfolio: one portfolio with its holdings."""
    request = portfolio.GetPortfolioRequest(portfolio_id=portfolio_id)
    return Call("get_portfolio", "portfolio", _portfolio("GetPortfolio"), request, f"/api/v1/portfolios/{portfolio_id}")


def list_portfolios() -> Call:
    """ListPortfolios: a page of 20, without holdings."""
    request = portfolio.ListPortfoliosRequest(page_size=PAGE)
    path = f"/api/v1/portfolios?page_size={PAGE}"
    return Call("list_portfolios", "portfolio", _portfolio("ListPortfolios"), request, path)


def create_portfolio(body: dict[str, Any]) -> Call:
    """CreatePortfolio: a new one every time, since no request_id is sent."""
    request = ParseDict(body, portfolio.CreatePortfolioRequest())
    return Call("create_portfolio", "portfolio", _portfolio("CreatePortfolio"), request, "/api/v1/portfolios", body)


def optimize(universe: Sequence[str], dataset: str) -> Call:
    """Optimize: a job, submitted, stored, solved by a worker, its result waited for in the same call."""
    body = {"universe": list(universe), "dataset": dataset, "wait_ms": WAIT_MS}
    request = ParseDict(body, optimizer.OptimizeRequest())
    return Call("optimize", "optimizer", _optimizer("Optimize"), request, "/api/v1/optimize", body)


def solve(universe: Sequence[str], dataset: str) -> Call:
    """Solve: at once, nothing kept; the moments are estimated by ml."""
    body = {"source": {"universe": {"dataset": dataset, "symbols": list(universe)}}}
    request = ParseDict(body, optimizer.SolveRequest())
    return Call("solve", "optimizer", _optimizer("Solve"), request, "/api/v1/solve", body)


def _portfolio(method: str) -> str:
    return f"/qpo.portfolio.v1.PortfolioService/{method}"


def _optimizer(method: str) -> str:
    return f"/qpo.optimizer.v1.OptimizerService/{method}"
