"""What a real PostgreSQL keeps is mirrored into a real InfluxDB: all of it, once, whoever is killed meanwhile."""

import asyncio
import itertools
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import asyncpg
import pytest
import pytest_asyncio

from chassis.postgres import prepare
from services.marketdata.__main__ import MIGRATIONS
from services.marketdata.adapters import mirror_postgres
from services.marketdata.adapters.alternative_postgres import PostgresAlternativeLedger
from services.marketdata.adapters.leavings_postgres import DELETE_DATASET
from services.marketdata.adapters.mirror_postgres import PostgresJournal, shares
from services.marketdata.adapters.points_influx import InfluxPoints, LoggedReport
from services.marketdata.adapters.timer_asyncio import AsyncioTimer
from services.marketdata.app.alternative_ports import AlternativeRecords
from services.marketdata.app.mirror import Mirror
from services.marketdata.app.process_alternative import ProcessAlternative
from services.marketdata.domain.alternative.records import Document, DocumentKind
from services.marketdata.domain.feed.records import DAY, SECOND
from tests.fixtures.logs import captured
from tests.marketdata.mirrored import ALL, BARS, CANDLES, COUNT, HOUR, MINUTE, SYMBOLS, WRITING, Scorer, World, until
from tests.walls import background

_numbers = itertools.count(1)


@pytest_asyncio.fixture(scope="module")
async def settings(marketdata_settings, make_database):
    """A database apart: what other tests store is not mirrored."""
    url = make_database()
    urls = {"database_url": url.replace("postgres@", "qpo_marketdata@"), "migration_url": url}
    return marketdata_settings.model_validate(marketdata_settings.model_dump() | urls)


@pytest_asyncio.fixture(scope="module")
async def own_pool(settings):
    async with await prepare(settings, "marketdata", MIGRATIONS) as pool:
        for _ in range(2):
            await PostgresJournal(pool).prepare()
        yield pool


@pytest_asyncio.fixture
async def world(settings, own_pool, influx):
    tables = "ticks, tick_bars, streams, series, mentions, documents, mirror_series, mirror_datasets, mirror_places"
    owner = await asyncpg.connect(settings.migration_url.get_secret_value())
    await owner.execute(f"SET search_path TO marketdata; TRUNCATE {tables}; SELECT keep_feed({time.time_ns()})")
    await owner.close()
    async with InfluxPoints(influx.url, f"mirror_{next(_numbers)}") as points:
        world = World(settings, own_pool, influx, points)
        await world.new_dataset(f"prices {next(_numbers)}")
        yield world


def now():
    return time.time_ns()


def walk(begin, count, step=SECOND):
    """Prices that wander a little, and times."""
    return [(100.0 + (7 * n) % 11 / 100, begin + n * step, float(n % 5)) for n in range(count)]


async def test_every_stored_tick_is_one_point_however_it_is_cut_into_batches(world, monkeypatch):
    monkeypatch.setattr(mirror_postgres, "TICKS_AT_ONCE", 70)
    begin = now() - HOUR
    await world.take(*walk(begin, 300))
    await world.take(*walk(begin, 31), symbol="MSFT")
    assert await world.drain() > 4
    await world.take(*walk(begin + HOUR // 2, 20), symbol="MSFT")
    await world.turns()
    assert world.count() == await world.pool.fetchval("SELECT count(*) FROM ticks") == 351
    rows = world.read("SELECT * FROM raw.prices WHERE symbol = 'AAPL' LIMIT 2")
    tags = {"symbol": "AAPL", "dataset": world.dataset, "data_source": "replay"}
    assert [{name: row[name] for name in tags} for row in rows] == [tags] * 2
    assert [(row["price"], row["time"], row["volume"]) for row in rows] == walk(begin, 2)


async def test_the_exchange_is_the_listings_own(world):
    for symbol in SYMBOLS:
        await world.take((100.0, now() - SECOND), symbol=symbol)
    listed = "UPDATE listings SET mic = 'XNYS' WHERE dataset_id = $1 AND symbol = 'MSFT'"
    await world.pool.execute(listed, world.dataset)
    await world.drain()
    found = world.read("SELECT price, symbol, exchange FROM raw.prices")
    assert {row["symbol"]: row.get("exchange") for row in found} == {"AAPL": None, "MSFT": "XNYS"}


async def test_ticks_of_the_same_nanosecond_stay_apart_and_keep_their_numbers_when_sent_again(world, monkeypatch):
    at = now() - MINUTE
    for number in range(1, 8, 2):
        await world.take((100.0 + number, at), (100.5 + number, at), number=number)
    await world.take((50.0, at), source="gossip", symbol="MSFT")
    await world.drain()
    numbered = "SELECT price, n, symbol FROM raw.prices"
    first = world.read(numbered)
    assert len(first) == 9
    prices = {row["n"]: row["price"] for row in first if row["symbol"] == "AAPL"}
    assert prices == {None: 101.0, "1": 101.5, "2": 103.0, "3": 103.5, "4": 105.0, "5": 105.5, "6": 107.0, "7": 107.5}
    monkeypatch.setattr(mirror_postgres, "TICKS_AT_ONCE", 3)
    await world.journal.start_over()
    assert await world.turns() >= 3
    assert sorted(map(str, world.read(numbered))) == sorted(map(str, first))


async def test_what_is_sent_again_doubles_nothing(world):
    await world.take(*walk(now() - HOUR, 500))
    await world.write_about("1", "good", datetime.now(UTC) - timedelta(days=2))
    await world.drain()
    before = world.read(COUNT), world.read('SELECT * FROM "1hour".sentiment')
    await world.journal.start_over()
    assert await world.turns() > 0
    assert (world.read(COUNT), world.read('SELECT * FROM "1hour".sentiment')) == before
    assert world.count() == 500 and len(before[1]) == 2


async def test_sentiment_is_a_point_for_each_hour_that_grows_with_what_is_written(world):
    noon = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    await world.write_about("1", "good", noon, upvotes=0.5, symbols=("AAPL",))
    await world.write_about("2", "so", noon + timedelta(minutes=59), upvotes=1.0, symbols=("AAPL",))
    await world.write_about("3", "so", noon + timedelta(minutes=60), channel="", symbols=("AAPL",))
    await world.drain()
    at = int(noon.timestamp()) * SECOND
    of = {"of": "sentiment", "dataset": world.dataset, "source": "reddit", "symbol": "AAPL"}
    first = of | {"time": at, "subreddit": "investing", "post_count": 2, "sentiment_score": 0.5, "confidence": 0.5}
    second = of | {"time": at + HOUR, "subreddit": None, "post_count": 1, "sentiment_score": 0, "confidence": 0.5}
    first, second = first | {"upvote_ratio": 0.75}, second | {"upvote_ratio": None}
    assert world.read('SELECT * FROM "1hour".sentiment') == [first, second]
    await world.write_about("4", "good", noon + timedelta(minutes=1), upvotes=0.0, symbols=("AAPL",))
    await world.turns()
    grown = {"post_count": 3, "sentiment_score": 2 / 3, "upvote_ratio": 0.5}
    assert world.read('SELECT * FROM "1hour".sentiment') == [pytest.approx(first | grown), second]


async def test_sentiment_of_a_transaction_that_is_slow_is_not_missed(world):
    at = datetime.now(UTC) - timedelta(days=1)
    await world.drain()
    async with background(world.pool) as slow:
        document = Document("1", DocumentKind.POST, "a", "good", "", "", at, None, ("AAPL",))
        message = AlternativeRecords(world.dataset, "reddit", [document], ())
        await ProcessAlternative(Scorer(), world.clock)(PostgresAlternativeLedger(slow), [message])
        await world.write_about("2", "good", at, channel="b", symbols=("AAPL",), seen=False)
        await world.turns()
        assert world.read('SELECT * FROM "1hour".sentiment') == []
    await world.turns()
    assert sorted(row["subreddit"] for row in world.read('SELECT * FROM "1hour".sentiment')) == ["a", "b"]


async def test_sentiment_of_many_datasets_is_read_some_at_a_time(world, monkeypatch):
    monkeypatch.setattr(mirror_postgres, "DATASETS_AT_ONCE", 2)
    for number in range(5):
        await world.new_dataset(f"number {number} {next(_numbers)}")
        await world.write_about("1", "good", datetime.now(UTC))
    assert await world.drain() == 3
    assert len({row["dataset"] for row in world.read('SELECT * FROM "1hour".sentiment')}) == 5


async def test_candles_are_the_bars_that_are_rolled_up_here(world):
    begin = now() // HOUR * HOUR - 31 * HOUR
    for symbol in SYMBOLS:
        await world.take(*walk(begin + 1, 3000, 37 * SECOND), symbol=symbol)
    assert await world.drain() >= 2
    assert await world.pool.fetchval("SELECT count(*) FROM mirror_places WHERE name = 'owed'") == 0
    for policy, width in (("1minute", 60), ("5minute", 300), ("1hour", 3600), ("1day", 86_400)):
        candles = {(row["symbol"], row["time"]): row for row in world.read(CANDLES.format(policy, world.dataset))}
        bars = await world.pool.fetch(BARS, world.dataset, width)
        assert len(bars) >= len(SYMBOLS)
        assert {tuple(bar)[:2] for bar in bars} <= set(candles)
        for symbol, start, *values in bars:
            candle = [candles[symbol, start][name] for name in ("open", "high", "low", "close", "volume")]
            assert candle == pytest.approx(values, rel=1e-12)


async def test_a_killed_influxdb_has_every_tick_once_in_the_end(world, monkeypatch):
    monkeypatch.setattr(mirror_postgres, "TICKS_AT_ONCE", 500)
    begin = now() - 3 * HOUR
    rows = walk(begin, 10_000)
    for symbol in SYMBOLS:
        await world.take(*rows, symbol=symbol)
    with captured() as logs:

        async def interrupted():
            return logs and logs[-1]["event"] == "mirror_interrupted"

        running = asyncio.create_task(world.mirror.run())
        try:
            for share in (0.1, 0.4, 0.7):
                await until(partial(world.has, share * 20_000))
                world.influx.kill()
                await until(interrupted)
                assert not await world.has(20_000)
                await asyncio.to_thread(world.influx.start)
            await until(partial(world.has, 20_000))
        finally:
            await ended(running)
    assert [each["event"] for each in logs] == ["mirror_interrupted", "mirror_resumed"] * 3
    assert world.count() == 20_000
    assert world.read(COUNT)[0]["sum"] == pytest.approx(2 * sum(row[0] for row in rows))


async def test_a_killed_mirror_frees_its_turn_and_another_goes_on_where_it_was(world, monkeypatch):
    monkeypatch.setattr(mirror_postgres, "TICKS_AT_ONCE", 100)
    await world.take(*walk(now() - HOUR, 1000))
    await world.mirror.lay_out()
    await world.mirror.turn()
    async with await prepare(world.settings, "marketdata", MIGRATIONS) as other:
        turn = PostgresJournal(other).turn()
        held = await turn.__aenter__()
        news = await held.news()
        assert [len(rows.price) for rows in news.prices] == [100]
        assert await world.mirror.turn() is False
        other.terminate()
        with suppress(Exception):
            await turn.__aexit__(ConnectionError, ConnectionError(), None)
    running = asyncio.create_task(world.mirror.run())
    await until(partial(world.has, 1000))
    await ended(running)
    assert world.count() == 1000


async def test_two_replicas_mirror_all_between_them(world, monkeypatch):
    monkeypatch.setattr(mirror_postgres, "TICKS_AT_ONCE", 100)
    await world.take(*walk(now() - HOUR, 2000))
    await world.mirror.lay_out()
    other = Mirror(world.journal, world.points, world.clock, AsyncioTimer(), LoggedReport())
    running = [asyncio.create_task(each.run()) for each in (world.mirror, other)]
    await until(partial(world.has, 2000))
    for task in running:
        await ended(task)
    assert world.count() == 2000


async def test_nobody_waits_for_points_that_are_on_their_way(world):
    await world.take(*walk(now() - HOUR, 10))
    async with world.journal.turn() as turn:
        assert [len(rows.price) for rows in (await turn.news()).prices] == [10]
        owner = await asyncpg.connect(world.settings.migration_url.get_secret_value())
        try:
            await owner.execute("BEGIN; SET LOCAL lock_timeout = 1; SET LOCAL search_path TO marketdata")
            await owner.execute("LOCK TABLE ticks, series, streams, datasets, mentions, mirror_series, mirror_datasets")
            assert await owner.fetchval(WRITING) == 0
            await owner.execute("ROLLBACK")
        finally:
            await owner.close()
        await turn.keep(None, now())
    async with world.journal.turn() as turn:
        assert turn.idle and not turn.behind


async def test_what_is_dropped_before_it_was_mirrored_is_passed_over(world):
    await world.take(*walk(now() - HOUR, 10))
    await world.pool.execute("DELETE FROM ticks WHERE seq <= 4")
    await world.drain()
    assert world.count() == 6
    assert await world.has(10)


async def test_a_dataset_that_is_deleted_is_forgotten(world):
    gone, kept = world.dataset, await world.new_dataset(f"kept {next(_numbers)}")
    for world.dataset in (gone, kept):
        await world.take(*walk(now() - HOUR, 10))
        await world.write_about("1", "good", datetime.now(UTC))
    await world.drain()
    assert world.count() == 20
    async with background(world.pool) as db:
        for statement in DELETE_DATASET:
            await db.execute(statement, gone)
    await world.turns()
    policies = ("raw", "1minute", "1hour", "1day")
    left = [row for each in policies for row in world.read(ALL.format(each))]
    assert {row["dataset"] for row in left} == {kept}
    noted = "SELECT dataset_id::text FROM mirror_series UNION SELECT dataset_id::text FROM mirror_datasets"
    assert gone not in {row[0] for row in await world.pool.fetch(noted)}


async def test_a_database_that_was_dropped_is_filled_anew(world):
    await world.take(*walk(now() - HOUR, 50))
    await world.drain()
    candles = world.read(CANDLES.format("1minute", world.dataset))
    world.read(f"DROP DATABASE {world.points._database}")
    await world.drain()
    assert world.count() == 50
    world.mirror.pay_at = 0.0
    await world.turns()
    assert world.read(CANDLES.format("1minute", world.dataset)) == candles != []


async def test_candles_are_owed_since_the_earliest_debt(world):
    async with world.journal.turn() as turn:
        await turn.keep(None, 1000)
    await world.journal.owe()
    await world.take((100.0, now() - 2 * DAY))
    async with world.journal.turn() as turn:
        assert turn.owed == 1000
        await turn.keep(500, 2000)
    await world.journal.owe()
    async with world.journal.turn() as turn:
        assert turn.owed == 500
        await turn.pay(700)
    async with world.journal.turn() as turn:
        assert turn.owed == 700
        await turn.pay(None)
    async with world.journal.turn() as turn:
        assert turn.owed is None


def test_room_is_shared_evenly_and_what_one_leaves_is_the_others():
    assert shares([], 10) == []
    assert shares([3, 3], 10) == [3, 3]
    assert shares([100, 2, 100], 10) == [4, 2, 4]
    assert shares([1_000_000, 1, 1], 5000) == [4998, 1, 1]
    assert shares([5] * 4, 2) == [1] * 4


async def ended(task):
    task.cancel()
    await asyncio.wait([task])
