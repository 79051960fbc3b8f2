"""marketdata's stores as the service has them: a migrated schema, the runtime role, a real Redis."""

from types import SimpleNamespace

import pytest
import pytest_asyncio

from chassis.clock import SystemClock
from chassis.ids import Uuid7Ids
from chassis.postgres import prepare
from services.marketdata.__main__ import MIGRATIONS
from services.marketdata.adapters.ticks_redis import RedisTicks, open_redis
from services.marketdata.settings import MarketDataSettings
from tests.walls import over_all


@pytest.fixture(scope="session")
def marketdata_settings(make_database, redis_url, tmp_path_factory):
    """Settings over a database of marketdata's own, as the runtime role, and the session's Redis."""
    url = make_database()
    return MarketDataSettings(
        port=0,
        metrics_port=0,
        auth_address="unix:/nowhere",
        database_url=url.replace("postgres@", "qpo_marketdata@"),
        migration_url=url,
        redis_url=redis_url,
        page_token_key_file=tmp_path_factory.mktemp("marketdata") / "page_token.key",
    )


@pytest_asyncio.fixture(scope="session")
async def pool(marketdata_settings):
    """Connections of the runtime role, after migration."""
    async with await prepare(marketdata_settings, "marketdata", MIGRATIONS) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session")
async def rows(pool, marketdata_settings):
    """The same schema, seen over all walls."""
    async with await over_all(marketdata_settings.migration_url.get_secret_value(), "marketdata") as opened:
        yield opened


@pytest_asyncio.fixture
async def redis(redis_url):
    async with open_redis(redis_url) as opened:
        yield opened


@pytest.fixture
def bus(redis):
    return RedisTicks(redis, SystemClock(), Uuid7Ids(), keep=50)


@pytest.fixture
def caller():
    """Somebody whom no other test knows."""
    from services.marketdata.domain.dataset import Caller

    identity = Uuid7Ids().new()
    return Caller(identity, identity)


@pytest.fixture
def stores(pool):
    from services.marketdata.adapters.bars_postgres import PostgresBars
    from services.marketdata.adapters.datasets_postgres import PostgresDatasets
    from services.marketdata.adapters.instruments_postgres import PostgresInstruments
    from services.marketdata.adapters.prices_postgres import PostgresPrices
    from services.marketdata.adapters.replays_postgres import PostgresReplays

    return SimpleNamespace(
        datasets=PostgresDatasets(pool),
        instruments=PostgresInstruments(pool),
        prices=PostgresPrices(pool, Uuid7Ids()),
        bars=PostgresBars(pool),
        replays=PostgresReplays(pool),
    )
