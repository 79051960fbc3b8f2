"""Composition root: `python -m services.portfolio`."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

from prometheus_client import CollectorRegistry
from qpo.auth.v1 import auth_service_pb2
from qpo.portfolio.v1 import portfolio_service_pb2

from chassis.channel import open_channel
from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.keys import keys_from
from chassis.paging import PageTokens
from chassis.postgres import prepare
from chassis.serve import Service, run, serve
from chassis.settings import load
from services.portfolio import migrations
from services.portfolio.adapters.census_prometheus import PrometheusCensus
from services.portfolio.adapters.optimizer_grpc import GrpcOptimizer
from services.portfolio.adapters.portfolios_postgres import PostgresPortfolios
from services.portfolio.adapters.prices_grpc import GrpcPrices
from services.portfolio.app.census import keep_count
from services.portfolio.rpc.errors import error_table
from services.portfolio.rpc.servicer import PortfolioServicer, UseCases
from services.portfolio.settings import PortfolioSettings

SCHEMA = "portfolio"
MIGRATIONS = Path(migrations.__file__).parent
CONTRACT = portfolio_service_pb2.DESCRIPTOR.services_by_name["PortfolioService"]
JWKS = auth_service_pb2.DESCRIPTOR.services_by_name["AuthService"].methods_by_name["GetJwks"]


async def main(settings: PortfolioSettings) -> None:
    """Serve until stopped."""
    pool = await prepare(settings, SCHEMA, MIGRATIONS)
    async with (
        pool,
        open_channel(settings.auth_address) as auth,
        open_channel(settings.marketdata_address) as marketdata,
        open_channel(settings.optimizer_address) as optimizer,
    ):
        portfolios = PostgresPortfolios(pool)
        prices, solver = GrpcPrices(marketdata), GrpcOptimizer(optimizer)
        use = UseCases.over(portfolios, prices, solver, SystemClock(), Uuid7Ids())
        servicer = PortfolioServicer(use, PageTokens.from_file(settings.page_token_key_file))
        registry = CollectorRegistry()
        pause = partial(asyncio.sleep, settings.census_seconds)
        await serve(
            settings,
            [Service(CONTRACT, servicer, error_table())],
            keys=keys_from(auth, JWKS),
            registry=registry,
            background=[partial(keep_count, portfolios, PrometheusCensus(registry).tell, pause)],
        )


if __name__ == "__main__":
    run(main(load(PortfolioSettings)))
