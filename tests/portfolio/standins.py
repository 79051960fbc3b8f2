"""The peers of portfolio as small servers of their contracts, over real sockets."""

from contextlib import asynccontextmanager

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from google.type import date_pb2
from grpc_status import rpc_status
from qpo.marketdata.v1 import marketdata_service_pb2 as marketdata
from qpo.marketdata.v1.marketdata_service_pb2_grpc import (
    MarketDataServiceServicer,
    add_MarketDataServiceServicer_to_server,
)
from qpo.optimizer.v1 import optimization_pb2
from qpo.optimizer.v1 import optimizer_service_pb2 as optimizer
from qpo.optimizer.v1.optimizer_service_pb2_grpc import OptimizerServiceServicer, add_OptimizerServiceServicer_to_server


class Peer:
    """Remembers what it was asked; `refusal`, a status, is what every call gets instead of an answer."""

    def __init__(self):
        self.refusal, self.requests, self.tokens = None, [], []

    async def heard(self, request, context):
        self.requests.append(request)
        self.tokens.append(dict(context.invocation_metadata()).get("authorization"))
        if self.refusal is not None:
            await context.abort_with_status(rpc_status.to_status(self.refusal))


class MarketDataStandIn(Peer, MarketDataServiceServicer):
    """Closes of one dataset: `series` maps a symbol to its (session, price) in order."""

    def __init__(self, dataset, series):
        super().__init__()
        self.dataset, self.series = dataset, series

    async def ListCloses(self, request, context):  # noqa: N802 - the contract's name
        await self.heard(request, context)
        if request.dataset != self.dataset:
            missing = refused(grpc.StatusCode.NOT_FOUND, "DATASET_NOT_FOUND", f"there is no dataset {request.dataset}")
            await context.abort_with_status(rpc_status.to_status(missing))
        closes = [close for symbol in request.symbols for close in self._last(symbol, request)]
        return marketdata.ListClosesResponse(closes=closes)

    def _last(self, symbol, request):
        limit = request.session
        bound = (limit.year, limit.month, limit.day) if request.HasField("session") else (9999, 12, 31)
        known = [(day, price) for day, price in self.series.get(symbol, []) if (day.year, day.month, day.day) <= bound]
        for day, price in known[-1:]:
            session = date_pb2.Date(year=day.year, month=day.month, day=day.day)
            yield marketdata.Close(symbol=symbol, price=price, session=session)


class OptimizerStandIn(Peer, OptimizerServiceServicer):
    """Solves every problem with `weights`; `meanwhile`, if set, is awaited first."""

    def __init__(self, weights):
        super().__init__()
        self.weights, self.meanwhile = weights, None

    async def Solve(self, request, context):  # noqa: N802 - the contract's name
        await self.heard(request, context)
        if self.meanwhile is not None:
            await self.meanwhile()
        result = optimization_pb2.OptimizationResult(
            weights=self.weights, expected_return=0.12, volatility=0.2, sharpe_ratio=0.6
        )
        return optimizer.SolveResponse(result=result)


def refused(code, reason="", message="said by the peer", metadata=None, conflicts=()):
    """A status as our services send it."""
    status = status_pb2.Status(code=code.value[0], message=message)
    details = [error_details_pb2.ErrorInfo(reason=reason, domain="peer.qpo", metadata=metadata)] if reason else []
    if conflicts:
        details.append(error_details_pb2.PreconditionFailure(violations=[_violation(*c) for c in conflicts]))
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    return status


def _violation(kind, subject, description):
    return error_details_pb2.PreconditionFailure.Violation(type=kind, subject=subject, description=description)


@asynccontextmanager
async def serving(*peers):
    """Serves the peers on one port; yields its address."""
    server = grpc.aio.server()
    for peer in peers:
        if isinstance(peer, OptimizerStandIn):
            add_OptimizerServiceServicer_to_server(peer, server)
        else:
            add_MarketDataServiceServicer_to_server(peer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)
