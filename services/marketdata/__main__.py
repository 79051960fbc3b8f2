"""Composition root of marketdata: settings → adapters → use cases → servicer → server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qpo.auth.v1 import auth_service_pb2
from qpo.marketdata.v1 import marketdata_service_pb2
from redis.asyncio import Redis

from chassis.channel import open_channel
from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.keys import keys_from
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
from services.marketdata.rpc.errors import error_table
from services.marketdata.rpc.servicer import MarketDataServicer
from services.marketdata.rpc.use_cases import Limits, Ports, UseCases
from services.marketdata.settings import MarketDataSettings

if TYPE_CHECKING:
    from chassis.postgres import Pool

MIGRATIONS = Path(__file__).parent / "migrations"


def use_cases(settings: MarketDataSettings, pool: Pool, redis: Redis) -> UseCases:
    """Wire marketdata by hand."""
    clock, ids = SystemClock(), Uuid7Ids()
    ports = Ports(
        datasets=PostgresDatasets(pool),
        prices=PostgresPrices(pool, ids),
        bars=PostgresBars(pool),
        replays=PostgresReplays(pool),
        bus=RedisTicks(redis, clock, ids, settings.ticks_kept),
        parquet=PyarrowParquet(),
        clock=clock,
        timer=AsyncioTimer(),
        ids=ids,
    )
    limits = Limits(
        upload_bytes=settings.max_upload_bytes,
        kept=settings.ticks_kept,
        idle=settings.tick_idle,
        grace=settings.tick_grace,
        subscriptions=settings.max_subscriptions,
        replays=settings.max_replays,
    )
    return UseCases.over(ports, limits)


async def main() -> None:
    """Serve until told to stop; what is being replayed stops with the process."""
    settings = load(MarketDataSettings)
    pool = await prepare(settings, "marketdata", MIGRATIONS)
    redis, auth = open_redis(settings.redis_url.get_secret_value()), open_channel(settings.auth_address)
    use = use_cases(settings, pool, redis)
    servicer = MarketDataServicer(use, PageTokens.from_file(settings.page_token_key_file))
    contract = marketdata_service_pb2.DESCRIPTOR.services_by_name["MarketDataService"]
    get_jwks = auth_service_pb2.DESCRIPTOR.services_by_name["AuthService"].methods_by_name["GetJwks"]
    try:
        await serve(settings, [Service(contract, servicer, error_table())], keys=keys_from(auth, get_jwks))
    finally:
        await use.player.stop_all()
        await auth.close()
        await redis.aclose()
        await pool.close()


if __name__ == "__main__":
    run(main())
