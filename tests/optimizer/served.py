"""OptimizerService as __main__ wires it, over PostgreSQL, worker processes and stand-ins of its peers."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from prometheus_client import CollectorRegistry
from qpo.optimizer.v1 import optimization_pb2
from qpo.optimizer.v1 import optimizer_service_pb2 as pb
from qpo.optimizer.v1.optimizer_service_pb2_grpc import OptimizerServiceStub

from chassis.channel import open_channel
from chassis.serve import Service
from services.optimizer.domain.covariance import DenseCovariance
from services.optimizer.settings import OptimizerSettings
from services.optimizer.wiring import wire
from tests.optimizer.problems import moments
from tests.optimizer.standins import packed

FINAL = {
    optimization_pb2.JOB_STATE_SUCCEEDED,
    optimization_pb2.JOB_STATE_FAILED,
    optimization_pb2.JOB_STATE_CANCELLED,
}


def settings_for(url: str, folder: Any, **changes: Any) -> OptimizerSettings:
    """Settings of a service whose leases are short, for the tests that lose them."""
    given = {
        "port": 0,
        "metrics_port": 0,
        "auth_address": "unix:/nowhere",
        "portfolio_address": "unix:/nowhere",
        "ml_address": "unix:/nowhere",
        "marketdata_address": "unix:/nowhere",
        "database_url": url.replace("postgres@", "qpo_optimizer@"),
        "migration_url": url,
        "page_token_key_file": folder / "key",
        "redis_url": "unix:/nowhere",
        "lease": 2.0,
        "sweep": 0.2,
        "max_unfinished_jobs": 5,
    }
    return OptimizerSettings(**(given | changes))


@asynccontextmanager
async def wired(
    settings: OptimizerSettings, pool: Any, solvers: Any
) -> AsyncIterator[tuple[Service, CollectorRegistry]]:
    """The service with what runs beside it, for as long as the block."""
    registry = CollectorRegistry()
    async with (
        open_channel(settings.portfolio_address) as portfolio,
        open_channel(settings.ml_address) as ml,
        open_channel(settings.marketdata_address) as marketdata,
    ):
        service, background = wire(settings, pool, solvers, (portfolio, ml, marketdata), registry)
        beside = [asyncio.ensure_future(job()) for job in background]
        try:
            yield service, registry
        finally:
            for task in beside:
                task.cancel()
            ended = await asyncio.gather(*beside, return_exceptions=True)
            assert all(isinstance(each, asyncio.CancelledError) for each in ended), ended


@dataclass
class Client:
    """One user of the service."""

    channel: Any
    metadata: Any

    async def __call__(self, method: str, deadline: float | None = 20, **fields: Any) -> Any:
        request = getattr(pb, f"{method}Request")(**fields)
        stub = OptimizerServiceStub(self.channel)
        return await getattr(stub, method)(request, metadata=self.metadata, timeout=deadline)

    async def submitted(self, **fields: Any) -> str:
        """The id of a new job."""
        return (await self("Optimize", **(INLINE | fields))).job_id

    async def watched(self, job_id: str) -> list[Any]:
        """Every message until a job ends."""
        request = pb.WatchOptimizationRequest(job_id=job_id)
        watch = OptimizerServiceStub(self.channel).WatchOptimization(request, metadata=self.metadata, timeout=60)
        return [message async for message in watch]

    async def frontier_watched(self, **fields: Any) -> list[Any]:
        """Every point of a frontier as it is told."""
        request = pb.WatchFrontierRequest(frontier=pb.SolveFrontierRequest(**fields))
        watch = OptimizerServiceStub(self.channel).WatchFrontier(request, metadata=self.metadata, timeout=60)
        return [message async for message in watch]

    async def ended(self, job_id: str) -> Any:
        """A job in its end state."""
        return (await self.watched(job_id))[-1].job


INLINE: dict[str, Any] = {
    "universe": [f"S{index:03d}" for index in range(12)],
    "dataset": "prices",
    "goal": {"objective": "OBJECTIVE_SHARPE"},
}


def request_id() -> str:
    return str(uuid.uuid4())


@dataclass
class Refusal:
    """A refused call, taken apart."""

    code: str
    reason: str
    message: str
    metadata: dict[str, str] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)
    conflicts: list[tuple[str, str, str]] = field(default_factory=list)
    retry: bool = False


def taken_apart(status: status_pb2.Status, code: str = "") -> Refusal:
    """What a google.rpc.Status says."""
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    failure, retry = error_details_pb2.PreconditionFailure(), error_details_pb2.RetryInfo()
    retries = False
    for detail in status.details:
        _ = detail.Unpack(info) or detail.Unpack(bad) or detail.Unpack(failure)
        retries = retries or detail.Unpack(retry)
    return Refusal(
        code,
        info.reason,
        status.message,
        dict(info.metadata),
        [violation.field for violation in bad.field_violations],
        [(violation.type, violation.subject, violation.description) for violation in failure.violations],
        retries,
    )


async def refusal(call: Any) -> Refusal:
    """What the awaited call is refused with; fails if it is not."""
    try:
        answer = await call
    except grpc.aio.AioRpcError as error:
        return taken_apart(rpc_status.from_call(error) or status_pb2.Status(), error.code().name)
    raise AssertionError(f"was answered: {answer}")


def sent_along(of=None, **changes):
    """Moments in the request."""
    of = of or moments(dense=True)
    given = {"symbols": of.symbols, "expected_returns": of.expected_returns, "observations": of.observations}
    return {"moments": given | _covariance(of.covariance) | changes}


def _covariance(covariance):
    if isinstance(covariance, DenseCovariance):
        return {"dense": packed(covariance.matrix)}
    specific = packed(covariance.specific[:, None])
    return {"factors": {"loadings": packed(covariance.loadings), "specific_variances": specific}}
