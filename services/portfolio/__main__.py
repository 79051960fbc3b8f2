"""Composition root of portfolio: settings → adapters → use cases → servicer → server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from qpo.auth.v1 import auth_service_pb2

from chassis.buses import open_bus
from chassis.cache import open_layers
from chassis.channel import open_channel
from chassis.clock import SystemClock
from chassis.consumers import Consumer
from chassis.keys import keys_from
from chassis.logging import configure
from chassis.paging import PageTokens
from chassis.postgres import prepare
from chassis.relay import Relay
from chassis.serve import run, serve
from chassis.settings import load
from chassis.vault import open_vault, rotation_of
from services.portfolio.adapters.answers_cached import CONTRACT, CachedAnswers
from services.portfolio.adapters.details_sealed import DETAILS, SealedDetails
from services.portfolio.adapters.events_outbox import TOPIC
from services.portfolio.adapters.portfolios_postgres import PostgresPortfolios
from services.portfolio.adapters.user_events import users
from services.portfolio.app.forget_user import ForgetUser
from services.portfolio.app.upkeep import keep_tidy
from services.portfolio.settings import PortfolioSettings
from services.portfolio.wiring import figures, wire

MIGRATIONS = Path(__file__).parent / "migrations"
JWKS = auth_service_pb2.DESCRIPTOR.services_by_name["AuthService"].methods_by_name["GetJwks"]
HOUR = 3600.0  # seconds


def main() -> None:
    """Start portfolio, and serve until told to stop."""
    run(_serve(load(PortfolioSettings)))


async def _serve(settings: PortfolioSettings) -> None:
    configure("portfolio", settings.log_level, settings.version)
    registry = CollectorRegistry()
    async with (
        await prepare(settings, "portfolio", MIGRATIONS) as pool,
        open_vault(settings, settings, "portfolio") as vault,
        open_bus(settings.bus()) as bus,
        open_layers(settings, settings.redis_url, "portfolio", CONTRACT, registry) as layers,
        open_channel(settings.auth_address, settings.peer("auth")) as auth,
        open_channel(settings.marketdata_address, settings.peer("marketdata")) as marketdata,
        open_channel(settings.optimizer_address, settings.peer("optimizer")) as optimizer,
    ):
        relay, details = Relay(pool, bus, TOPIC), SealedDetails(vault)
        portfolios = PostgresPortfolios(pool, details, relay.wake)
        tokens = PageTokens.from_file(settings.page_token_key_file)
        told = Consumer(pool, bus, users(ForgetUser(SystemClock()), details, relay.wake))
        background: list[Callable[[], Coroutine[Any, Any, None]]] = [
            *figures(pool, bus, portfolios, registry, settings.census_seconds),
            partial(keep_tidy, portfolios, partial(asyncio.sleep, HOUR)),
            relay.run,
            told.run,
            rotation_of(settings, pool, vault, [DETAILS], registry).run,
        ]
        answers = CachedAnswers(pool, details, layers) if layers else None
        if answers:
            background.append(partial(answers.follow, bus))
        service = wire(portfolios, marketdata, optimizer, tokens, answers)
        await serve(settings, [service], keys=keys_from(auth, JWKS), registry=registry, background=background, bus=bus)


if __name__ == "__main__":
    main()
