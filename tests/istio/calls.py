"""Calls into the mesh: through a sidecar, as a workload makes them, or past all sidecars, as a stranger would."""

from __future__ import annotations

import asyncio
import collections
import uuid
from dataclasses import dataclass, field
from typing import Any

import grpc

from tests.istio.certificates import HOST
from tests.istio.registry import Place
from tools.mesh.names import GRPC, host

GET = "/qpo.portfolio.v1.PortfolioService/GetPortfolio"
CREATE = "/qpo.portfolio.v1.PortfolioService/CreatePortfolio"
DELETE = "/qpo.portfolio.v1.PortfolioService/DeletePortfolio"
CLOSES = "/qpo.marketdata.v1.MarketDataService/ListCloses"
ESTIMATE = "/qpo.ml.v1.MlService/EstimateMoments"
OPTIMIZE = "/qpo.optimizer.v1.OptimizerService/Optimize"
LOGIN = "/qpo.auth.v1.AuthService/Login"

_OURS = [("grpc.enable_retries", 0), ("grpc.use_local_subchannel_pool", 1)]


@dataclass(frozen=True)
class Answer:
    code: grpc.StatusCode
    told: dict[str, str] = field(default_factory=dict)  # the answer's first metadata
    why: str = ""

    @property
    def name(self) -> str:
        """Which workload answered."""
        return self.told.get("x-name", "")

    @property
    def tries(self) -> int:
        """How often workloads have seen the call."""
        return int(self.told.get("x-tries", "0"))


class Caller:
    """Calls methods by path with empty messages, and a token if there is one."""

    def __init__(self, channel: grpc.aio.Channel, token: str) -> None:
        self.channel = channel
        self._token = (("authorization", f"Bearer {token}"),) if token else ()

    @classmethod
    def through(cls, place: Place, part: str, token: str, named: str = "") -> Caller:
        """Who calls a part by the sidecar of a place, by its name or another."""
        authority = ("grpc.default_authority", named or f"{host(part)}:{GRPC}")
        return cls(grpc.aio.insecure_channel(f"{place.outward}:{GRPC}", [*_OURS, authority]), token)

    @classmethod
    def past_sidecars(cls, place: Place, credentials: grpc.ChannelCredentials | None, token: str) -> Caller:
        """Who calls a workload's sidecar from elsewhere, with this certificate or in clear text."""
        address = f"{place.address}:{GRPC}"
        if credentials is None:
            return cls(grpc.aio.insecure_channel(address, _OURS), token)
        named = ("grpc.ssl_target_name_override", HOST)
        return cls(grpc.aio.secure_channel(address, credentials, [*_OURS, named]), token)

    async def __aenter__(self) -> Caller:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.channel.close()

    async def call(self, path: str, key: str = "", **told: str) -> Answer:
        """Calls once; metadata `x_fail="2"` is told as x-fail."""
        metadata = [*self._token, ("x-key", key or str(uuid.uuid4()))]
        metadata += [(name.replace("_", "-"), value) for name, value in told.items()]
        call: Any = self.channel.unary_unary(path)(b"", metadata=metadata, timeout=30)
        code = await call.code()
        begun: Any = await call.initial_metadata()
        return Answer(code, {str(key): str(value) for key, value in begun or ()}, await call.details() or "")

    async def calls(self, count: int, path: str, at_once: int = 32, **told: str) -> collections.Counter[Any]:
        """Calls so often; returns how often which workload answered, or which code came instead."""
        answers: collections.Counter[Any] = collections.Counter()
        left = iter(range(count))

        async def one_by_one() -> None:
            for _ in left:
                answer = await self.call(path, **told)
                answers[answer.name if answer.code is grpc.StatusCode.OK else answer.code] += 1

        await asyncio.gather(*(one_by_one() for _ in range(at_once)))
        return answers
