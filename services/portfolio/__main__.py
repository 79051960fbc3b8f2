"""Composition root of portfolio: settings → adapters → use cases → servicer → server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from qpo.auth.v1 import auth_service_pb2
from qpo.portfolio.v1 import portfolio_service_pb2

from chassis.bus_redis import open_bus
from chassis.channel import open_channel
from chassis.clock import SystemClock
from chassis.consumers import Consumer
from chassis.ids import Uuid7Ids
from chassis.keys import keys_from
from chassis.logging import configure
from chassis.paging import PageTokens
from chassis.postgres import prepare
from chassis.relay import Relay
from chassis.serve import Service, run, serve
from chassis.settings import load
from services.portfolio.adapters.census_prometheus import PrometheusCensus
from services.portfolio.adapters.optimizer_grpc import GrpcOptimizer
from services.portfolio.adapters.portfolios_postgres import PostgresPortfolios
from services.portfolio.adapters.prices_grpc import GrpcPrices
from services.portfolio.adapters.user_events import departures
from services.portfolio.app.forget_user import ForgetUser
from services.portfolio.app.upkeep import keep_count, keep_tidy
from services.portfolio.rpc.errors import error_table
from services.portfolio.rpc.servicer import PortfolioServicer, UseCases
from services.portfolio.settings import PortfolioSettings

MIGRATIONS = Path(__file__).parent / "migrations"
CONTRACT = portfolio_service_pb2.DESCRIPTOR.services_by_name["PortfolioService"]
JWKS = auth_service_pb2.DESCRIPTOR.services_by_name["AuthService"].methods_by_name["GetJwks"]
HOUR = 3600.0  # seconds


def main() -> None:
    """Start portfolio, and serve until told to stop."""
    run(_serve(load(PortfolioSettings)))


async def _serve(settings: PortfolioSettings) -> None:
    configure("portfolio", settings.log_level, settings.version)
    async with (
        await prepare(settings, "portfolio", MIGRATIONS) as pool,
        open_bus(settings.redis_url.get_secret_value()) as bus,
        open_channel(settings.auth_address) as auth,
        open_channel(settings.marketdata_address) as marketdata,
        open_channel(settings.optimizer_address) as optimizer,
    ):
        relay, registry = Relay(pool, bus), CollectorRegistry()
        portfolios, tokens = PostgresPortfolios(pool, relay.wake), PageTokens.from_file(settings.page_token_key_file)
        leavers = Consumer(pool, bus, departures(ForgetUser(SystemClock()), relay.wake))
        count = PrometheusCensus(registry).tell
        background: list[Callable[[], Coroutine[Any, Any, None]]] = [
            partial(keep_count, portfolios, count, partial(asyncio.sleep, settings.census_seconds)),
            partial(keep_tidy, portfolios, partial(asyncio.sleep, HOUR)),
            relay.run,
            leavers.run,
        ]
        service = wire(portfolios, marketdata, optimizer, tokens)
        await serve(settings, [service], keys=keys_from(auth, JWKS), registry=registry, background=background)


def wire(portfolios: PostgresPortfolios, marketdata: Any, optimizer: Any, tokens: PageTokens) -> Service:
    """PortfolioService on its store and on channels to its peers."""
    use = UseCases.over(portfolios, GrpcPrices(marketdata), GrpcOptimizer(optimizer), SystemClock(), Uuid7Ids())
    return Service(CONTRACT, PortfolioServicer(use, tokens), error_table())


if __name__ == "__main__":
    main()
