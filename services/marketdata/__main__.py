"""Composition root of marketdata: settings → adapters → use cases → servicer → server."""

from __future__ import annotations

from pathlib import Path

from prometheus_client import CollectorRegistry
from qpo.auth.v1 import auth_service_pb2

from chassis.buses import open_bus
from chassis.cache import open_layers
from chassis.channel import open_channel
from chassis.keys import keys_from
from chassis.logging import configure
from chassis.paging import PageTokens
from chassis.postgres import prepare
from chassis.relay import Relay
from chassis.serve import run, serve
from chassis.settings import load
from services.marketdata.adapters.closes_cached import FORM
from services.marketdata.adapters.events_outbox import TOPIC
from services.marketdata.adapters.ticks_redis import open_redis
from services.marketdata.adapters.vendors.asking import VendorClient
from services.marketdata.rpc.services import services_of
from services.marketdata.rpc.use_cases import UseCases
from services.marketdata.settings import MarketDataSettings
from services.marketdata.wiring import beside, mirroring, objects_of, ports, vendors_of

MIGRATIONS = Path(__file__).parent / "migrations"
GET_JWKS = auth_service_pb2.DESCRIPTOR.services_by_name["AuthService"].methods_by_name["GetJwks"]


async def main() -> None:
    """Serve until told to stop; what is being replayed stops with the process."""
    settings = load(MarketDataSettings)
    configure("marketdata", settings.log_level, settings.version)
    registry = CollectorRegistry()
    objects = objects_of(settings)
    url, auth = settings.redis_url.get_secret_value(), open_channel(settings.auth_address, settings.peer("auth"))
    async with (
        await prepare(settings, "marketdata", MIGRATIONS) as pool,
        open_redis(url) as redis,
        open_bus(settings.bus()) as bus,
        open_layers(settings, settings.redis_url, "close", FORM, registry) as layers,
        VendorClient(settings.vendor_user_agent) as http,
        auth,
    ):
        relay = Relay(pool, bus, TOPIC)
        on = ports(pool, redis, bus, settings.ticks_kept, relay.wake, layers, vendors_of(settings, http), objects)
        use, tokens = UseCases.over(on, settings.limits()), PageTokens.from_file(settings.page_token_key_file)
        try:
            background = beside(on, relay, pool, bus, registry, objects) + mirroring(on, pool, settings)
            served, keys = services_of(use, tokens), keys_from(auth, GET_JWKS)
            await serve(settings, served, keys=keys, registry=registry, background=background, bus=bus)
        finally:
            await use.player.stop_all()


if __name__ == "__main__":
    run(main())
