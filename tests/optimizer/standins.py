"""The peers of optimizer as small servers of their contracts, over real sockets."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import grpc
import numpy as np
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from google.type import date_pb2
from grpc_status import rpc_status
from qpo.marketdata.v1 import marketdata_service_pb2 as marketdata
from qpo.marketdata.v1 import prices_pb2
from qpo.marketdata.v1.marketdata_service_pb2_grpc import (
    MarketDataServiceServicer,
    add_MarketDataServiceServicer_to_server,
)
from qpo.ml.v1 import ml_service_pb2 as ml
from qpo.ml.v1.ml_service_pb2_grpc import MlServiceServicer, add_MlServiceServicer_to_server
from qpo.portfolio.v1 import portfolio_service_pb2 as portfolio
from qpo.portfolio.v1.portfolio_service_pb2_grpc import PortfolioServiceServicer, add_PortfolioServiceServicer_to_server
from qpo.types.v1 import matrix_pb2, moments_pb2

from tests.optimizer.problems import moments


class Peer:
    """Remembers what it was asked; `refusal`, a status, is what every call gets instead of an answer."""

    def __init__(self):
        self.refusal, self.requests, self.tokens = None, [], []
        self.held: asyncio.Event | None = None

    async def heard(self, request, context):
        self.requests.append(request)
        self.tokens.append(dict(context.invocation_metadata()).get("authorization"))
        if self.refusal is not None:
            await context.abort_with_status(rpc_status.to_status(self.refusal))


class MlStandIn(Peer, MlServiceServicer):
    """Estimates the same moments whatever the dataset: those of tests.optimizer.problems."""

    def __init__(self, of=None):
        super().__init__()
        self.of = of or moments(dense=True)
        self.quality = ml.MomentsQuality(sessions_asked=756, sessions_used=756)

    async def EstimateMoments(self, request, context):  # noqa: N802 - the contract's name
        await self.heard(request, context)
        symbols = list(request.dataset.symbols or self.of.symbols)
        chosen = [self.of.symbols.index(symbol) for symbol in symbols]
        spec = moments_pb2.EstimationSpec()
        spec.CopyFrom(request.estimation)
        spec.lookback = spec.lookback or 756
        answer = ml.EstimateMomentsResponse(
            moments=self._moments(request, symbols, chosen), quality=self.quality, estimation=spec
        )
        if request.with_scenarios:
            answer.scenarios.CopyFrom(packed(self.scenarios(len(chosen))))
        return answer

    @staticmethod
    def scenarios(count):
        """The returns of 40 sessions, whatever the symbols."""
        return np.random.default_rng(5).normal(0, 0.01, (40, count))

    def _moments(self, request, symbols, chosen):
        answer = moments_pb2.Moments(
            symbols=symbols,
            expected_returns=self.of.expected_returns[chosen],
            observations=756,
            start=date_pb2.Date(year=2020, month=1, day=2),
            end=date_pb2.Date(year=2022, month=12, day=28),
        )
        factored = request.estimation.covariance == moments_pb2.COVARIANCE_METHOD_PCA_FACTORS
        if factored and request.form != ml.COVARIANCE_FORM_DENSE:
            count = len(chosen)
            answer.factors.loadings.CopyFrom(packed(np.full((count, 1), 0.1)))
            answer.factors.specific_variances.CopyFrom(packed(np.full((count, 1), 0.02)))
        else:
            answer.dense.CopyFrom(packed(self.of.covariance.matrix[np.ix_(chosen, chosen)]))
        return answer


class PortfolioStandIn(Peer, PortfolioServiceServicer):
    """Has the portfolios in `portfolios`, by id."""

    def __init__(self):
        super().__init__()
        self.portfolios = {}

    async def GetPortfolio(self, request, context):  # noqa: N802 - the contract's name
        await self.heard(request, context)
        found = self.portfolios.get(request.portfolio_id)
        if found is None:
            missing = refused(grpc.StatusCode.NOT_FOUND, "PORTFOLIO_NOT_FOUND", "there is no such portfolio")
            await context.abort_with_status(rpc_status.to_status(missing))
        return portfolio.GetPortfolioResponse(portfolio=found)


class MarketDataStandIn(Peer, MarketDataServiceServicer):
    """Has one dataset of instruments, which a test says; in pages of `page` at most."""

    def __init__(self):
        super().__init__()
        self.page = 1000
        self.instruments = {}
        """What is known of each symbol, by field of the contract."""

    async def ListInstruments(self, request, context):  # noqa: N802 - the contract's name
        await self.heard(request, context)
        symbols = sorted(request.symbols or self.instruments)
        behind = [symbol for symbol in symbols if symbol > request.page_token]
        size = min(request.page_size or 50, self.page)
        return marketdata.ListInstrumentsResponse(
            instruments=[prices_pb2.Instrument(symbol=it, **self.instruments.get(it, {})) for it in behind[:size]],
            next_page_token=behind[size - 1] if len(behind) > size else "",
        )


def packed(matrix):
    """A matrix as bytes."""
    values = np.ascontiguousarray(matrix, dtype="<f8")
    return matrix_pb2.Matrix(rows=values.shape[0], cols=values.shape[1], packed=values.tobytes())


def refused(code, reason="", message="said by the peer", metadata=None, details=()):
    """A status as our services send it."""
    status = status_pb2.Status(code=code.value[0], message=message)
    info = [error_details_pb2.ErrorInfo(reason=reason, domain="peer.qpo", metadata=metadata)] if reason else []
    for detail in [*info, *details]:
        packed_detail = any_pb2.Any()
        packed_detail.Pack(detail)
        status.details.append(packed_detail)
    return status


@asynccontextmanager
async def serving(peer):
    """Serves a peer; yields its address."""
    server = grpc.aio.server()
    if isinstance(peer, MlStandIn):
        add_MlServiceServicer_to_server(peer, server)
    elif isinstance(peer, MarketDataStandIn):
        add_MarketDataServiceServicer_to_server(peer, server)
    else:
        add_PortfolioServiceServicer_to_server(peer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)
