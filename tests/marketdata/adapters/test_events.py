"""What is told of datasets and replays, and what is left when their owner has gone."""

import asyncio
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from qpo.auth.v1 import events_pb2 as auth_pb
from qpo.marketdata.v1 import events_pb2 as pb
from qpo.marketdata.v1 import prices_pb2

from chassis import context
from chassis.bus import Message
from chassis.clock import SystemClock
from chassis.errors import Unauthenticated
from chassis.ids import Uuid7Ids
from chassis.principal import Principal
from services.marketdata.adapters.actions_postgres import PostgresActions
from services.marketdata.adapters.alternative_postgres import PostgresAlternativeLedger
from services.marketdata.adapters.archive_postgres import PostgresBarJournal
from services.marketdata.adapters.calendars_exchange import ExchangeCalendars
from services.marketdata.adapters.feed_postgres import PostgresLedger
from services.marketdata.adapters.quality_postgres import PostgresQuality
from services.marketdata.adapters.sentiment_textblob import TextBlobScorer
from services.marketdata.adapters.tick_bars_postgres import PostgresTickBars
from services.marketdata.adapters.user_events import departures
from services.marketdata.adapters.vendor_feeds_postgres import PostgresFeeds
from services.marketdata.app.alternative_ports import AlternativeRecords
from services.marketdata.app.archive import BarDay
from services.marketdata.app.feed_ports import Incoming
from services.marketdata.app.ports import Amendment, Delivery, RequestKey
from services.marketdata.app.process_alternative import ProcessAlternative
from services.marketdata.app.process_records import ProcessRecords
from services.marketdata.domain.actions import Action
from services.marketdata.domain.alternative.records import Document, DocumentKind, Figure
from services.marketdata.domain.dataset import Visibility
from services.marketdata.domain.feed.pulls import FeedName, Target
from services.marketdata.domain.feed.records import Stream
from services.marketdata.domain.feed.sources import Kind
from services.marketdata.domain.replay import Replay, ReplayState
from services.marketdata.domain.ticks import Quote
from services.marketdata.domain.updates import InstrumentUpdate
from tests.marketdata.builders import NOW, read
from tests.walls import background

UNIX = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, CORRECTED = "date,A,B\n2024-01-02,1,2\n", "date,A,B\n2024-01-02,1,3\n"


@pytest.fixture
def principal(caller):
    return Principal(caller.user_id, caller.tenant_id, frozenset(), frozenset(), "free", "t", 0.0)


@pytest.fixture
def upload(stores, caller):
    async def upload(text=FIRST, name="prices", visibility=Visibility.PRIVATE, keep=True):
        delivery = Delivery(caller, name, visibility, "USD", read(text).prices, NOW)
        stored = await stores.prices.store(delivery, keep=keep)
        return stored, await stores.datasets.find(caller, name)

    return upload


@pytest.fixture
def start(stores, caller, principal):
    async def start(dataset):
        replay = Replay(Uuid7Ids().new(), dataset.id, caller.user_id, ReplayState.RUNNING, 2.5, None, 0, 7)
        with context.bound(principal=principal):
            return (await stores.replays.start(caller, replay, RequestKey("", b""), 5))[0]

    return start


@pytest.fixture
def user_left(pool, bus, caller):
    """Hands the event that its owner left to the consumer, in a transaction as it has."""
    account = auth_pb.Account(user_id=caller.user_id, tenant_id=caller.tenant_id)
    event = auth_pb.UserEvent(user_deleted=auth_pb.UserDeleted(account=account))
    given = ("user_deleted", caller.user_id, 2, NOW, NOW, "", caller.user_id, caller.tenant_id, 1)
    message = Message(Uuid7Ids().new(), "qpo.auth.v1.UserEvent", *given, event.SerializeToString())
    subscription = departures(bus.forget, lambda: None)

    async def deliver():
        async with background(pool) as connection:
            await subscription.handle(connection, message)

    assert (subscription.topic, subscription.types) == (message.topic, {message.type})
    return deliver


async def told(rows, key):
    found = await rows.fetch("SELECT * FROM outbox WHERE key = $1 ORDER BY position", key)
    return [(row["type"], row["seq"], pb.DatasetEvent.FromString(row["payload"])) for row in found]


async def test_an_upload_is_told_with_its_dataset_and_the_time_that_it_became_known(upload, rows, caller):
    _, made = await upload()
    stored, _ = await upload(CORRECTED)
    assert stored.corrected == 1
    [(kind, first, event), (_, second, again)] = await told(rows, made.id)
    assert (kind, event.prices_imported.bars, event.prices_imported.instruments_created) == ("prices_imported", 2, 2)
    assert (event.prices_imported.dataset.name, event.prices_imported.tenant_id) == ("prices", caller.tenant_id)
    assert event.prices_imported.known_at.ToMicroseconds() == first == (NOW - UNIX) // timedelta(microseconds=1)
    assert (again.prices_imported.bars, again.prices_imported.corrected) == (1, 1)
    assert second > first


async def test_an_upload_that_changes_nothing_or_only_checks_is_not_told(upload, rows):
    _, made = await upload()
    await upload()
    await upload(CORRECTED, keep=False)
    assert len(await told(rows, made.id)) == 1


async def test_an_update_of_instruments_is_told_by_those_that_differ_behind_every_upload(upload, stores, rows, caller):
    _, made = await upload()
    updates = [InstrumentUpdate("B", sector="energy"), InstrumentUpdate("A", currency="USD")]
    for _ in range(2):  # the second changes nothing
        await stores.instruments.update(Amendment(caller, made, updates, NOW))
    stored, later = await upload(CORRECTED)
    assert stored.corrected == 1
    [(_, first, _), (kind, second, event), (_, third, _)] = await told(rows, made.id)
    assert (kind, list(event.instruments_updated.symbols)) == ("instruments_updated", ["B"])
    assert event.instruments_updated.dataset.id == made.id
    assert event.instruments_updated.tenant_id == caller.tenant_id
    assert event.instruments_updated.known_at.ToMicroseconds() == second
    assert first < second < third == later.revision


async def test_who_left_updates_nothing_any_more(upload, stores, caller, user_left):
    _, made = await upload(visibility=Visibility.SHARED)
    await user_left()
    with pytest.raises(Unauthenticated):
        await stores.instruments.update(Amendment(caller, made, [InstrumentUpdate("A", sector="tech")], NOW))


async def test_a_replay_is_told_when_it_starts_and_once_when_it_ends(upload, start, stores, rows, caller):
    replay = await start((await upload())[1])
    await stores.replays.end(replay.id, ReplayState.FINISHED, date(2024, 1, 2), 7)
    await stores.replays.end(replay.id, ReplayState.STOPPED, date(2024, 1, 2), 7)
    await stores.replays.stop(caller, replay.id)
    [(first, _, started), (last, _, ended)] = await told(rows, replay.id)
    assert (first, last) == ("replay_started", "replay_ended")
    assert started.replay_started.replay.state == prices_pb2.REPLAY_STATE_RUNNING
    assert ended.replay_ended.replay.state == prices_pb2.REPLAY_STATE_FINISHED
    assert ended.replay_ended.replay.sessions_played == 7


async def test_a_replay_that_died_with_its_process_is_ended_by_the_upkeep(upload, start, stores, rows):
    replay = await start((await upload())[1])
    await stores.replays.forget()
    assert len(await told(rows, replay.id)) == 1
    await rows.execute("UPDATE replays SET lease_until = now() - interval '1 s' WHERE id = $1", replay.id)
    await stores.replays.forget()
    assert [(kind, seq) for kind, seq, _ in await told(rows, replay.id)] == [("replay_started", 1), ("replay_ended", 2)]


async def test_who_left_loses_private_datasets_replays_and_ticks_and_keeps_what_they_shared(
    upload, start, stores, bus, pool, rows, caller, user_left
):
    (_, private), (_, shared) = await upload(), await upload(name="for-all", visibility=Visibility.SHARED)
    replay = await start(shared)
    await bus.publish(private.id, [(date(2024, 1, 2), [Quote("A", 1.0)])])
    for _ in range(2):
        await user_left()
    assert await stores.datasets.find(caller, private.id) is None
    assert (await stores.datasets.find(caller, shared.id)).instruments == 2
    for table in ("bars", "instruments", "listings", "replays"):
        query = f"SELECT count(*) FROM {table} WHERE dataset_id = $1"  # noqa: S608
        assert await pool.fetchval(query, private.id) == 0
    assert [kind for kind, _, _ in await told(rows, private.id)] == ["prices_imported", "dataset_deleted"]
    assert [kind for kind, _, _ in await told(rows, replay.id)] == ["replay_started", "replay_ended"]
    assert not await stores.replays.advance(replay.id, None, 1)
    assert (await bus.load(private.id)).kept == []


async def test_who_left_leaves_no_row_of_a_private_dataset_in_any_table(
    upload, start, stores, pool, rows, caller, user_left
):
    _, made = await upload()
    _, others = await upload(name="shared", visibility=Visibility.SHARED)
    await start(made)
    clock, tables = SystemClock(), await _tables_of_datasets(pool)
    stream, bad = Stream(made.id, "A", "tests"), Stream(made.id, "ZZ", "tests")
    now = [int(clock.now().timestamp() - 60) * 10**9]
    process = ProcessAlternative(TextBlobScorer(), clock)
    document = Document("1", DocumentKind.POST, "c", "$A soars", "", "", NOW)
    figure = Figure("A", "eps", NOW.date(), "Q1", Decimal(1), "USD")
    await PostgresTickBars(pool).keep_feed(clock.now())
    async with background(pool) as db:
        records = [Incoming(each, "", now, [1.0], [1.0], [1]) for each in (stream, bad)]
        await ProcessRecords(clock, Uuid7Ids(), ExchangeCalendars())(PostgresLedger(db), [0], records)
        await process(PostgresAlternativeLedger(db), [AlternativeRecords(made.id, "tests", [document], [figure])])
    await PostgresQuality(pool).change_rules(made, {"confirm": 5})
    await PostgresActions(pool).update(caller, made, [Action("A", NOW.date(), split=Decimal(2))], NOW)
    await PostgresBarJournal(pool).begin(BarDay(NOW.date(), 60, made.id), "a-day.parquet", NOW, NOW)
    for dataset in (made, others):
        name = FeedName(dataset.id, "fmp", Kind.QUOTES)
        await PostgresFeeds(pool).start(caller, name, [Target("A")], timedelta(days=1), NOW)
    assert [table for table in tables if not await _rows(rows, table, made)] == []
    await user_left()
    assert [table for table in tables if await _rows(rows, table, made)] == []
    assert await pool.fetchval("SELECT running FROM feeds WHERE dataset_id = $1", others.id) is False


async def _tables_of_datasets(pool):
    """Every table of the schema that says of which dataset its rows are."""
    rows = await pool.fetch(
        "SELECT c.table_name FROM information_schema.columns c"
        " JOIN information_schema.tables t USING (table_schema, table_name)"
        " WHERE c.table_schema = current_schema() AND c.column_name = 'dataset_id' AND t.table_type = 'BASE TABLE'"
        # Rows of the mirror outlive a dataset until its points are dropped: see mirror_postgres.py.
        " AND c.table_name NOT LIKE 'mirror_%'"
    )
    return sorted(row["table_name"] for row in rows)


async def _rows(pool, table, dataset):
    query = f"SELECT count(*) FROM {table} WHERE dataset_id = $1"  # noqa: S608 - a table of the schema
    return await pool.fetchval(query, dataset.id)


async def test_a_deletion_comes_behind_the_last_import(upload, rows, user_left):
    _, made = await upload()
    await user_left()
    [(_, imported, _), (_, deleted, event)] = await told(rows, made.id)
    assert deleted == imported + 1
    # Its owner left, and with them what was told of it.
    assert event == pb.DatasetEvent()


async def test_who_left_stores_and_starts_nothing_with_a_token_that_still_lives(upload, start, user_left):
    _, shared = await upload(name="for-all", visibility=Visibility.SHARED)
    await user_left()
    with pytest.raises(Unauthenticated):
        await upload(name="another")
    with pytest.raises(Unauthenticated):
        await upload(CORRECTED, name="for-all")
    with pytest.raises(Unauthenticated):
        await start(shared)


async def test_who_uploads_while_they_leave_leaves_nothing(upload, rows, caller, user_left):
    async def uploading(name):
        with suppress(Unauthenticated):
            for number in range(6):
                await upload(name=f"{name}-{number}")

    async def leaving():
        await asyncio.sleep(0.05)
        await user_left()

    await asyncio.gather(uploading("a"), uploading("b"), leaving())
    assert await rows.fetchval("SELECT count(*) FROM datasets WHERE user_id = $1", caller.user_id) == 0
