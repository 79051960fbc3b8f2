"""Portfolios on portfolio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from grpc.aio import AioRpcError
from qpo.portfolio.v1 import portfolio_pb2
from qpo.portfolio.v1 import portfolio_service_pb2 as pb
from qpo.portfolio.v1.portfolio_service_pb2_grpc import PortfolioServiceStub

from services.optimizer.adapters.peers import raise_common, refusal_of
from services.optimizer.app.errors import PortfolioNotFound
from services.optimizer.app.ports import StoredPortfolio
from services.optimizer.wire.estimation import from_estimation
from services.optimizer.wire.mandate import from_constraints, from_costs, from_goal

if TYPE_CHECKING:
    from qpo.portfolio.v1.portfolio_service_pb2_grpc import PortfolioServiceAsyncStub


class GrpcPortfolios:
    """Reads on behalf of the caller, whose token goes along."""

    def __init__(self, channel: Any) -> None:
        self._stub = cast("PortfolioServiceAsyncStub", PortfolioServiceStub(channel))

    async def read(self, portfolio_id: str) -> StoredPortfolio:
        """See `Portfolios.read`."""
        try:
            answer = await self._stub.GetPortfolio(pb.GetPortfolioRequest(portfolio_id=portfolio_id))
        except AioRpcError as error:
            refusal = refusal_of(error)
            raise_common(refusal, "portfolio", error)
            if refusal.reason == "PORTFOLIO_NOT_FOUND":
                raise PortfolioNotFound(refusal.message) from error
            raise
        return _stored(answer.portfolio)


def _stored(portfolio: portfolio_pb2.Portfolio) -> StoredPortfolio:
    strategy = portfolio.strategy
    stated = strategy.HasField("estimation")
    return StoredPortfolio(
        goal=from_goal(strategy.goal) if strategy.HasField("goal") else None,
        constraints=from_constraints(portfolio.constraints) if portfolio.HasField("constraints") else None,
        universe=tuple(strategy.universe),
        dataset=strategy.dataset,
        estimation=from_estimation(strategy.estimation, "portfolio.strategy.estimation") if stated else None,
        costs=from_costs(strategy.costs) if strategy.HasField("costs") else None,
        weights={holding.symbol: float(holding.weight.value or 0) for holding in portfolio.holdings},
    )
