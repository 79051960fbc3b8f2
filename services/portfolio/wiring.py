"""The service on its adapters."""

from __future__ import annotations

from typing import Any

from qpo.portfolio.v1 import portfolio_service_pb2

from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.paging import PageTokens
from chassis.serve import Service
from services.portfolio.adapters.optimizer_grpc import GrpcOptimizer
from services.portfolio.adapters.prices_grpc import GrpcPrices
from services.portfolio.app.ports import Answers, Portfolios
from services.portfolio.rpc.errors import error_table
from services.portfolio.rpc.servicer import PortfolioServicer, UseCases

CONTRACT = portfolio_service_pb2.DESCRIPTOR.services_by_name["PortfolioService"]


def wire(
    portfolios: Portfolios, marketdata: Any, optimizer: Any, tokens: PageTokens, answers: Answers | None = None
) -> Service:
    """PortfolioService on its store and on channels to its peers; without `answers`, each is made anew."""
    peers = GrpcPrices(marketdata), GrpcOptimizer(optimizer)
    use = UseCases.over(portfolios, *peers, SystemClock(), Uuid7Ids(), answers=answers)
    return Service(CONTRACT, PortfolioServicer(use, tokens), error_table())
