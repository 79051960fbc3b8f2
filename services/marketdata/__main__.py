"""Composition root of marketdata: settings → adapters → use cases → servicer → server."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qpo.auth.v1 import auth_service_pb2
from qpo.marketdata.v1 import marketdata_service_pb2
from redis.asyncio import Redis

from chassis.channel import open_channel
from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.keys import keys_from
from chassis.logging import configure
from chassis.paging import PageTokens
from chassis.postgres import prepare
from chassis.serve import Service, run, serve
from chassis.settings import load
from services.marketdata.adapters.bars_postgres import PostgresBars
from services.marketdata.adapters.datasets_postgres import PostgresDatasets
from services.marketdata.adapters.parquet_pyarrow import PyarrowParquet
from services.marketdata.adapters.prices_postgres import PostgresPrices
from services.marketdata.adapters.replays_postgres import PostgresReplays
from services.marketdata.adapters.ticks_redis import RedisTicks, open_redis
from services.marketdata.adapters.timer_asyncio import AsyncioTimer
from services.marketdata.app.upkeep import keep_tidy
from services.marketdata.rpc.errors import ERRORS
from services.marketdata.rpc.servicer import MarketDataServicer
from services.marketdata.rpc.use_cases import Ports, UseCases
from services.marketdata.settings import MarketDataSettings

if TYPE_CHECKING:
    from chassis.postgres import Pool

MIGRATIONS = Path(__file__).parent / "migrations"
CONTRACT = marketdata_service_pb2.DESCRIPTOR.services_by_name["MarketDataService"]
GET_JWKS = auth_service_pb2.DESCRIPTOR.services_by_name["AuthService"].methods_by_name["GetJwks"]


def ports(pool: Pool, redis: Redis, ticks_kept: int) -> Ports:
    """PostgreSQL, Redis and the machine's own clock as what the use cases need."""
    clock, ids = SystemClock(), Uuid7Ids()
    return Ports(
        datasets=PostgresDatasets(pool),
        prices=PostgresPrices(pool, ids),
        bars=PostgresBars(pool),
        replays=PostgresReplays(pool),
        bus=RedisTicks(redis, clock, ids, ticks_kept),
        parquet=PyarrowParquet(),
        clock=clock,
        timer=AsyncioTimer(),
        ids=ids,
    )


async def main() -> None:
    """Serve until told to stop; what is being replayed stops with the process."""
    settings = load(MarketDataSettings)
    configure("marketdata", settings.log_level, settings.version)
    redis, auth = open_redis(settings.redis_url.get_secret_value()), open_channel(settings.auth_address)
    async with await prepare(settings, "marketdata", MIGRATIONS) as pool, redis, auth:
        on = ports(pool, redis, settings.ticks_kept)
        use = UseCases.over(on, settings.limits())
        service = Service(CONTRACT, MarketDataServicer(use, PageTokens.from_file(settings.page_token_key_file)), ERRORS)
        background = [partial(keep_tidy, on.replays, on.timer)]
        try:
            await serve(settings, [service], keys=keys_from(auth, GET_JWKS), background=background)
        finally:
            await use.player.stop_all()


if __name__ == "__main__":
    run(main())
