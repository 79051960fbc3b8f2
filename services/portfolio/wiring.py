"""The service on its adapters."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from prometheus_client import CollectorRegistry
from qpo.portfolio.v1 import portfolio_service_pb2

from chassis.backlog import Backlog
from chassis.bus import Bus
from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.paging import PageTokens
from chassis.postgres import Pool
from chassis.serve import Service
from services.portfolio.adapters.average_return import average_return
from services.portfolio.adapters.census_prometheus import PrometheusCensus
from services.portfolio.adapters.optimizer_grpc import GrpcOptimizer
from services.portfolio.adapters.prices_grpc import GrpcPrices
from services.portfolio.app.ports import Answers, Portfolios
from services.portfolio.app.upkeep import keep_count
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


def figures(
    pool: Pool, bus: Bus, portfolios: Portfolios, registry: CollectorRegistry, seconds: float
) -> list[Callable[[], Coroutine[Any, Any, None]]]:
    """What is counted beside the calls; `seconds` between two counts of portfolios."""
    count = PrometheusCensus(registry).tell
    return [
        partial(keep_count, portfolios, count, partial(asyncio.sleep, seconds)),
        average_return(pool, registry).run,
        Backlog(pool, bus, registry).run,
    ]
