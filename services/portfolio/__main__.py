"""Composition root of portfolio: settings → adapters → use cases → servicer → server."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry
from qpo.auth.v1 import auth_service_pb2
from qpo.portfolio.v1 import portfolio_service_pb2

from chassis.channel import open_channel
from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.keys import keys_from
from chassis.logging import configure
from chassis.paging import PageTokens
from chassis.postgres import prepare
from chassis.serve import Service, run, serve
from chassis.settings import load
from services.portfolio.adapters.census_prometheus import PrometheusCensus
from services.portfolio.adapters.optimizer_grpc import GrpcOptimizer
from services.portfolio.adapters.portfolios_postgres import PostgresPortfolios
from services.portfolio.adapters.prices_grpc import GrpcPrices
from services.portfolio.app.upkeep import keep_count, keep_tidy
from services.portfolio.rpc.errors import error_table
from services.portfolio.rpc.servicer import PortfolioServicer, UseCases
from services.portfolio.settings import PortfolioSettings

if TYPE_CHECKING:
    from chassis.postgres import Pool

MIGRATIONS = Path(__file__).parent / "migrations"
HOUR = 3600.0  # seconds


def main() -> None:
    """Start portfolio, and serve until told to stop."""
    run(_serve(load(PortfolioSettings)))


async def _serve(settings: PortfolioSettings) -> None:
    configure("portfolio", settings.log_level, settings.version)
    pool = await prepare(settings, "portfolio", MIGRATIONS)
    auth, marketdata, optimizer = map(
        open_channel, (settings.auth_address, settings.marketdata_address, settings.optimizer_address)
    )
    service = wire(pool, marketdata, optimizer, PageTokens.from_file(settings.page_token_key_file))
    portfolios, registry = PostgresPortfolios(pool), CollectorRegistry()
    background = [
        partial(
            keep_count, portfolios, PrometheusCensus(registry).tell, partial(asyncio.sleep, settings.census_seconds)
        ),
        partial(keep_tidy, portfolios, partial(asyncio.sleep, HOUR)),
    ]
    jwks = auth_service_pb2.DESCRIPTOR.services_by_name["AuthService"].methods_by_name["GetJwks"]
    try:
        await serve(settings, [service], keys=keys_from(auth, jwks), registry=registry, background=background)
    finally:
        await asyncio.gather(*(channel.close() for channel in (auth, marketdata, optimizer)))
        await pool.close()


def wire(pool: Pool, marketdata: Any, optimizer: Any, tokens: PageTokens) -> Service:
    """PortfolioService on its store and on channels to its peers."""
    use = UseCases.over(
        PostgresPortfolios(pool), GrpcPrices(marketdata), GrpcOptimizer(optimizer), SystemClock(), Uuid7Ids()
    )
    contract = portfolio_service_pb2.DESCRIPTOR.services_by_name["PortfolioService"]
    return Service(contract, PortfolioServicer(use, tokens), error_table())


if __name__ == "__main__":
    main()
