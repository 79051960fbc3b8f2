"""Bars go from a real PostgreSQL to the archive, and none is dropped before it is there."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from pydantic import SecretStr

from chassis.ids import Uuid7Ids
from chassis.postgres import prepare
from services.marketdata.__main__ import MIGRATIONS
from services.marketdata.adapters import archive_postgres, archived_bars
from services.marketdata.adapters.archive_parquet import versions_of
from services.marketdata.adapters.archive_postgres import PostgresStoredBars
from services.marketdata.adapters.archived_bars import ArchivedBars
from services.marketdata.adapters.datasets_postgres import PostgresDatasets
from services.marketdata.adapters.leavings_postgres import PostgresLeavings
from services.marketdata.adapters.objects_obstore import open_objects
from services.marketdata.adapters.prices_postgres import PostgresPrices
from services.marketdata.app.archive import LEASE, STILL, SWEPT, Edition
from services.marketdata.domain.feed.records import SECOND, nanoseconds
from tests.marketdata.adapters.test_prices_postgres import delivery
from tests.marketdata.archived import FORM, NOW, TODAY, World, at, before, rows
from tests.marketdata.s3.server import LocalS3
from tests.walls import background


@pytest_asyncio.fixture(scope="module")
async def own_pool(make_database, marketdata_settings):
    """A database of these tests alone, since they archive and drop whatever is due in it."""
    url = make_database()
    role = url.replace("postgres@", "qpo_marketdata@")
    urls = {"database_url": SecretStr(role), "migration_url": SecretStr(url)}
    settings = marketdata_settings.model_copy(update=urls)
    async with await prepare(settings, "marketdata", MIGRATIONS) as pool:
        yield pool


@pytest_asyncio.fixture
async def world(own_pool, caller):
    for table in ("tick_bars", "archived_days", "archive_leavings"):
        await own_pool.execute(f"DELETE FROM {table}")  # noqa: S608
    await PostgresPrices(own_pool, Uuid7Ids()).store(delivery(caller, "date,A,B\n2024-01-02,10,20\n", NOW), keep=True)
    dataset = await PostgresDatasets(own_pool).find(caller, "prices")
    made = "INSERT INTO series (dataset_id, symbol, partition) VALUES ($1, $2, 0) RETURNING id"
    series = {symbol: await own_pool.fetchval(made, dataset.id, symbol) for symbol in "BA"}
    opened = World(own_pool, dataset, series)
    await opened.keep_feed(NOW, archiving=False)
    return opened


async def test_a_day_is_due_once_it_has_settled_and_not_again_when_it_is_archived(world):
    await world.write(before(1), [("A", 0, 10.0), ("A", 1439, 11.0), ("B", 0, 20.0)])
    await world.write(before(2), [("B", 5, 20.0)])
    await world.write(before(1), [("A", 3, 10.0)], width=300)
    world.clock.time = at(TODAY, 2) - timedelta(seconds=1)
    assert await world.due() == [(before(2), 60)]
    world.clock.time = at(TODAY, 2)
    assert await world.due() == [(before(2), 60), (before(1), 60), (before(1), 300)]
    assert await world.turn() == 3
    assert await world.due() == []
    assert await world.turn() == 0
    assert sorted([name async for name in world.objects.names("bars")]) == [
        FORM.name(world.day(before(1), 300)), FORM.name(world.day(before(2))), FORM.name(world.day(before(1)))
    ]  # fmt: skip


async def test_an_object_has_every_version_with_all_that_is_known_of_it(world, monkeypatch):
    monkeypatch.setattr(archive_postgres, "PIECE", 2)
    await world.write(before(1), [("A", n, 10.0 + n) for n in range(3)] + [("B", 0, 20.0)])
    await world.write(before(1), [("A", 1, 99.0)], known=at(TODAY, 1), late=True)
    assert await world.turn() == 1
    bars = versions_of(await world.objects.get(FORM.name(world.day(before(1)))))
    assert [bars.symbols[each] for each in bars.symbol] == ["A"] * 4 + ["B"]
    minutes = (bars.start - world.day(before(1)).start) // (60 * SECOND)
    assert minutes.tolist() == [0, 1, 1, 2, 0]
    assert bars.close.tolist() == [10.0, 11.0, 99.0, 12.0, 20.0]
    assert (bars.open.tolist(), bars.high.tolist()) == ([10.0, 11.0, 11.0, 12.0, 20.0], [10.0, 11.0, 99.0, 12.0, 20.0])
    first, second = nanoseconds(at(before(1), 23)) // 1000, nanoseconds(at(TODAY, 1)) // 1000
    assert bars.knowledge_time.tolist() == [first, first, second, first, first]
    assert bars.superseded_at.tolist() == [STILL, second, STILL, STILL, STILL]
    assert (bars.ticks.tolist(), bars.volume.tolist()) == ([1, 1, 2, 1, 1], [1.5, 1.5, 3.0, 1.5, 1.5])
    assert bars.first_at.tolist() == (bars.start + 1).tolist()
    assert bars.last_at.tolist() == (bars.start + 2).tolist()


@pytest.mark.parametrize("known", [at(TODAY, 13), at(before(1), 23)])
async def test_a_day_that_is_corrected_is_due_again_also_if_the_correction_was_known_no_later(world, known):
    await world.write(before(1), [("A", 0, 10.0), ("A", 1, 11.0)])
    await world.write(before(2), [("A", 0, 9.0)])
    assert await world.turn() == 2
    await world.write(before(1), [("A", 0, 12.0)], known=known, late=True)
    assert await world.due() == [(before(1), 60)]
    assert await world.turn() == 1
    assert await world.due() == []
    assert rows(await world.archived.range_of(world.asked(before(1), TODAY))) == [
        ("A", -1, 0, 12.0),
        ("A", -1, 1, 11.0),
    ]


async def test_what_comes_to_a_day_after_it_was_archived_is_archived_too(world):
    await world.write(before(1), [("A", 0, 10.0)])
    await world.turn()
    await world.write(before(1), [("B", 0, 20.0)], known=at(TODAY, 12))
    assert await world.turn() == 1
    assert await world.kept(before(1)) == 2


async def test_the_archive_answers_as_the_database_did_before_a_correction(world):
    await world.write(before(6), [("A", 0, 10.0), ("A", 1, 11.0), ("B", 0, 20.0)])
    await world.write(before(5), [("A", 0, 12.0)])
    await world.turn()
    stored, asked = PostgresStoredBars(world.pool), world.asked(before(6), before(5))
    yesterday = NOW
    then = await stored.range_of(asked)
    world.clock.time = NOW + timedelta(days=1)
    await world.write(before(6), [("A", 1, 15.0)], known=world.clock.time, late=True)
    await world.turn()
    now = await stored.range_of(asked)
    assert rows(then) != rows(now)
    await world.keep_feed(NOW + timedelta(days=20))
    assert await world.stored(before(6)) == await world.stored(before(5)) == 0
    assert rows(await world.all_times.range_of(asked)) == rows(now)
    assert rows(await world.all_times.range_of(replace(asked, as_of=yesterday))) == rows(then)
    assert rows(await world.all_times.range_of(replace(asked, as_of=at(before(6), 22)))) == []
    assert rows(await world.all_times.range_of(replace(asked, symbols=["B"]))) == [("B", -6, 0, 20.0)]


class Killed(Exception):
    """The process ends here."""


async def test_a_kill_between_object_and_record_heals(world):
    class KilledBehindPut:
        async def put(self, name, data):
            await world.objects.put(name, data)
            raise Killed

    await world.write(before(6), [("A", 0, 10.0)])
    with pytest.raises(Killed):
        await world.turn(objects=KilledBehindPut())
    assert [name async for name in world.objects.names("bars")] == [FORM.name(world.day(before(6)))]
    assert await world.kept(before(6)) == 0
    await world.keep_feed(NOW + timedelta(days=9))
    assert await world.stored(before(6)) == 1
    await world.write(before(6), [("A", 1, 11.0)])
    assert await world.turn() == 0  # the killed one's lease
    world.clock.time += LEASE
    assert await world.turn() == 1
    assert await world.kept(before(6)) == 2
    assert len([name async for name in world.objects.names("bars")]) == 1


async def test_of_two_replicas_one_archives_a_day(world):
    for days in range(1, 6):
        await world.write(before(days), [("A", 0, 10.0)])
    assert sum(await asyncio.gather(*(world.turn() for _ in range(3)))) == 5
    assert [event for event, _ in world.told] == ["day_archived"] * 5


async def test_what_a_replica_writes_that_slept_through_its_lease_is_written_again(world):
    asleep, awake = asyncio.Event(), asyncio.Event()

    class Slow:
        async def put(self, name, data):
            asleep.set()
            await awake.wait()
            await world.objects.put(name, data)

    await world.write(before(1), [("A", 0, 10.0)])
    slow = asyncio.create_task(world.turn(objects=Slow()))
    await asleep.wait()
    await world.write(before(1), [("A", 0, 12.0)], known=at(TODAY, 12), late=True)
    world.clock.time += LEASE
    assert await world.turn() == 1
    assert await world.due() == []
    awake.set()
    assert await slow == 0
    assert world.told[-1][0] == "day_archived_twice"
    assert (await world.kept(before(1)), await world.due()) == (1, [(before(1), 60)])
    assert await world.turn() == 1
    assert await world.kept(before(1)) == 2


async def test_bars_are_dropped_when_they_are_too_old_and_archived_and_by_whole_days(world):
    for days in (3, 2, 1):
        await world.write(before(days), [("A", 0, 10.0), ("A", 1439, 11.0)])
    late = at(before(1)) + timedelta(days=7, hours=5)
    await world.keep_feed(late)
    assert [await world.stored(before(days)) for days in (3, 2, 1)] == [2, 2, 2]
    assert await world.journal.safe_until(60, TODAY) == before(3)
    await world.turn()
    assert await world.journal.safe_until(60, TODAY) == TODAY
    await world.keep_feed(late)
    # Of the last day five hours are older than seven days.
    assert [await world.stored(before(days)) for days in (3, 2, 1)] == [0, 0, 2]
    assert [await world.kept(before(days)) for days in (3, 2, 1)] == [2, 2, 2]
    assert await world.due() == []


async def test_one_day_that_is_not_archived_as_it_stands_holds_itself_and_what_is_younger(world):
    for days in (4, 3, 2):
        await world.write(before(days), [("A", 0, 10.0)])
        await world.write(before(days), [("A", 0, 10.0)], width=300)
    await world.turn()
    await world.write(before(3), [("A", 0, 12.0)], known=NOW, late=True)
    assert await world.journal.safe_until(60, TODAY) == before(3)
    await world.keep_feed(NOW + timedelta(days=40))
    assert [await world.stored(before(days)) for days in (4, 3, 2)] == [0, 2, 1]
    assert [await world.stored(before(days), 300) for days in (4, 3, 2)] == [0, 0, 0]
    await world.turn()
    await world.keep_feed(NOW + timedelta(days=40))
    assert [await world.stored(before(days)) for days in (4, 3, 2)] == [0, 0, 0]


async def test_without_an_archive_bars_are_dropped_to_the_moment(world):
    await world.write(before(6), [("A", 0, 10.0), ("A", 600, 11.0)])
    await world.keep_feed(at(before(6)) + timedelta(days=7, hours=1), archiving=False)
    assert await world.stored(before(6)) == 1


async def test_what_retention_left_of_a_day_is_no_reason_to_archive_it_again(world):
    await world.write(before(6), [("A", 0, 10.0), ("A", 600, 11.0)])
    await world.turn()
    await world.keep_feed(at(before(6)) + timedelta(days=7, hours=1), archiving=False)
    assert (await world.stored(before(6)), await world.due(), await world.kept(before(6))) == (1, [], 2)
    assert rows(await world.all_times.range_of(world.asked(before(6), TODAY))) == [
        ("A", -6, 0, 10.0),
        ("A", -6, 600, 11.0),
    ]


async def test_a_correction_that_is_just_written_is_not_dropped(world):
    await world.write(before(6), [("A", 0, 10.0)])
    await world.turn()
    async with world.pool.acquire() as db:
        transaction = db.transaction()
        await transaction.start()
        await db.execute("UPDATE tick_bars SET superseded_at = $1", NOW)
        again = "INSERT INTO tick_bars SELECT series_id, width, start, 1, 1, 1, 1, 1, 1, 1, 1, $1 FROM tick_bars"
        await db.execute(again, NOW)
        dropping = asyncio.create_task(world.keep_feed(NOW + timedelta(days=9)))
        async with asyncio.timeout(10):
            while not await db.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.005)
        assert not dropping.done()
        await transaction.commit()
    await dropping
    assert await world.stored(before(6)) == 2
    await world.turn()
    await world.keep_feed(NOW + timedelta(days=9))
    assert (await world.stored(before(6)), await world.kept(before(6))) == (0, 2)


async def test_a_range_that_spans_both_is_read_of_both_without_duplicates_and_the_database_is_right(world):
    for days in range(6, 0, -1):
        await world.write(before(days), [("A", 0, 10.0 + days), ("B", 7, 20.0)])
    await world.turn()
    asked = world.asked(before(6), TODAY)
    whole = await PostgresStoredBars(world.pool).range_of(asked)
    assert rows(await world.archived.range_of(asked)) == rows(await world.all_times.range_of(asked)) == rows(whole)
    await world.keep_feed(at(before(3)) + timedelta(days=7))
    assert [await world.stored(before(days)) for days in range(6, 0, -1)] == [0, 0, 0, 2, 2, 2]
    assert rows(await world.all_times.range_of(asked)) == rows(whole)
    # A correction that is not archived yet.
    await world.write(before(3), [("A", 0, 99.0)], known=NOW, late=True)
    assert ("A", -3, 0, 13.0) in rows(await world.archived.range_of(asked))
    assert rows(await world.all_times.range_of(asked)) == [
        (symbol, day, minute, 99.0 if (symbol, day) == ("A", -3) else close)
        for symbol, day, minute, close in rows(whole)
    ]


@pytest.mark.parametrize("whole", [archived_bars.WHOLE, 0])
async def test_on_a_server_that_speaks_s3_it_is_the_same(world, whole, monkeypatch):
    monkeypatch.setattr(archived_bars, "WHOLE", whole)
    for days in range(6, 0, -1):
        await world.write(before(days), [(symbol, n, 10.0 + n) for symbol in "AB" for n in range(1200)])
    asked = world.asked(before(6), TODAY, symbols=["B"])
    async with LocalS3() as server:
        keys = {"access_key_id": server.key, "secret_access_key": SecretStr(server.secret), "region": server.region}
        objects = open_objects(f"s3://{server.bucket}/kept", endpoint=server.url, **keys)
        assert await world.turn(objects=objects) == 6
        server.asked.clear()
        server.failing.extend([503, "cut"])
        found = await ArchivedBars(world.journal, objects).range_of(asked)
        sent = [each.headers["range"] for each in server.asked]
    assert rows(found) == rows(await PostgresStoredBars(world.pool).range_of(asked))
    assert len(sent) == 2 + (6 if whole else 12)


async def test_what_a_deleted_dataset_left_in_the_archive_is_deleted_also_what_was_just_written(world):
    await world.write(before(1), [("A", 0, 10.0)])
    await world.write(before(2), [("A", 0, 10.0)])
    await world.turn()
    late, day, name = world.archive(), world.day(before(1)), FORM.name(world.day(before(1)))
    attempt = await world.journal.begin(day, name, NOW + LEASE, NOW + LEASE)
    async with background(world.pool) as db:
        await PostgresLeavings(db, lambda _: asyncio.sleep(0)).delete(world.dataset)
    assert await late.turn(NOW) == 0
    assert [each async for each in world.objects.names("bars")] == []
    assert await world.journal.begin(day, name, NOW, NOW) is None
    await world.objects.put(name, b"by one that did not know")
    assert await world.journal.archived(day, attempt, Edition(1, 1), 1, NOW) is False
    await late.turn(NOW + LEASE)
    assert [each async for each in world.objects.names("bars")] == []
    assert await world.pool.fetchval("SELECT count(*) FROM archive_leavings") == 2
    await world.pool.execute("UPDATE archive_leavings SET left_at = $1", NOW)
    await late.turn(NOW + SWEPT + LEASE)
    assert await world.pool.fetchval("SELECT count(*) FROM archive_leavings") == 0
