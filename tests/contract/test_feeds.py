"""IngestTicks, ListTickBars and DataQualityService over a real server: what a feed brings, and what becomes of it."""

import asyncio
import time

import grpc
import jwt
import pytest
import pytest_asyncio
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from qpo.marketdata.v1 import data_quality_service_pb2 as quality_pb
from qpo.marketdata.v1 import marketdata_service_pb2 as pb

from tests.marketdata.served import refused

SECOND = 1_000_000_000
NOBODY = "01987f6c-0000-7000-8000-0000000000aa"


@pytest.fixture(scope="module")
def marketdata_database(make_database):
    """A database of its own: what is shared in it, only these tests see."""
    return make_database()


@pytest_asyncio.fixture
async def client(serve_marketdata):
    return await serve_marketdata(feeds=True)


@pytest_asyncio.fixture
async def ann(client):
    """Ann, who owns the dataset `prices` of A, B and C in USD."""
    ann = client()
    await ann.ingest()
    return ann


def records(*prices, symbol="A", since=None, first=1, **fields):
    """Prices a second apart, the last a second ago unless it is said since when, numbered from `first`."""
    begin = time.time_ns() - len(prices) * SECOND if since is None else since
    at = [begin + n * SECOND for n in range(len(prices))]
    numbers = list(range(first, first + len(prices)))
    return {"symbol": symbol, "occurred_at": at, "prices": prices, "numbers": numbers} | fields


async def judged(ann, count, dataset="prices"):
    """The report's total once so many records were judged."""
    async with asyncio.timeout(15):
        while True:
            report = await ann.quality.get_quality_report(dataset=dataset)
            total = report.total
            if total.accepted + sum(each.count for each in total.faults) >= count:
                return report
            await asyncio.sleep(0.05)


def faults(found):
    return {quality_pb.RecordFault.Name(each.fault).removeprefix("RECORD_FAULT_"): each.count for each in found.faults}


async def test_a_feed_is_taken_by_the_bus_judged_and_counted_by_symbol_and_source(ann):
    answer = await ann.feed(
        records(100.0, 101.0, float("nan")),
        records(20.0, -1.0, symbol="B", sizes=[5.0, 6.0]),
        records(1.0, symbol="ZZ"),
    )
    assert (answer.records, answer.messages) == (6, 3)
    report = await judged(ann, 6)
    assert [(each.symbol, each.source, each.accepted, faults(each)) for each in report.streams] == [
        ("A", "tests", 2, {"NOT_FINITE": 1}),
        ("B", "tests", 1, {"NON_POSITIVE": 1}),
        ("ZZ", "tests", 0, {"UNKNOWN_SYMBOL": 1}),
    ]
    assert report.total.score == pytest.approx(0.5)
    assert [each.score for each in report.streams] == pytest.approx([2 / 3, 1 / 2, 0.0])


async def test_a_tick_of_a_weekend_is_kept_apart_where_the_market_is_known(ann):
    await ann.update_instruments(dataset="prices", updates=[{"symbol": "A", "mic": "XNAS"}])
    now = time.time_ns()
    saturday = now - (time.gmtime(now // SECOND).tm_wday + 2) % 7 * 86_400 * SECOND
    noon = saturday // (86_400 * SECOND) * 86_400 * SECOND + 43_200 * SECOND
    noon -= 7 * 86_400 * SECOND if noon > now else 0
    await ann.quality.update_quality_rules(dataset="prices", rules={"session_slack": {"seconds": 3600}})
    await ann.feed(records(1.0, since=noon), records(1.0, symbol="B", since=noon))
    report = await judged(ann, 2)
    assert [faults(each) for each in report.streams] == [{"OUT_OF_SESSION": 1}, {}]


async def test_prices_in_pence_are_taken_as_pounds_and_released_as_what_they_are(client):
    ann = client()
    await ann.ingest(currency="GBP")
    await ann.feed(records(1250.0, 1251.0, -7.0, currency="GBX"), records(12.5, symbol="B", currency="USD"))
    report = await judged(ann, 4)
    assert [faults(each) for each in report.streams] == [{"NON_POSITIVE": 1}, {"WRONG_CURRENCY": 1}]
    [stream] = (await ann.quality.list_quarantine(dataset="prices", symbol="A")).records
    assert (stream.price, stream.currency) == ("-0.07", "GBP")
    ticks = ann.subscribe_ticks(dataset="prices", symbols=["A"])
    assert [tick.price for tick in (await ticks.read()).ticks] == [12.51]
    ticks.cancel()


async def test_subscribers_see_what_was_stored(ann):
    stream = ann.subscribe_ticks(dataset="prices", symbols=["A"])
    assert (await stream.read()).snapshot
    await ann.feed(records(100.0, 101.0, -1.0, 102.0))
    seen = []
    async with asyncio.timeout(15):
        while len(seen) < 1 or seen[-1].seq < 3:
            seen += (await stream.read()).ticks
    assert (seen[-1].symbol, seen[-1].price, seen[-1].seq) == ("A", 102.0, 3.0)
    stream.cancel()


async def test_what_is_sent_again_is_stored_once(ann):
    given = records(100.0, 101.0)
    await ann.feed(given)
    await judged(ann, 2)
    await ann.feed(given)
    report = await judged(ann, 4)
    assert (report.total.accepted, faults(report.total)) == (2, {"DUPLICATE": 2})


async def test_what_a_source_left_out_lowers_its_score(ann):
    await ann.feed(records(100.0), records(101.0, first=4, since=time.time_ns()))
    report = await judged(ann, 2)
    assert (report.total.accepted, report.total.left_out, report.total.score) == (2, 2, 0.5)


async def test_closed_bars_are_listed_page_by_page_as_known_at_a_time(ann):
    minute = time.time_ns() // (60 * SECOND) * 60 * SECOND
    since = minute - 180 * SECOND
    await ann.feed(
        records(*(100.0 + n for n in range(4)), since=since, sizes=[1.0, 2.0, 3.0, 4.0]),
        records(200.0, 201.0, symbol="B", since=since + 60 * SECOND),
    )
    await judged(ann, 6)
    bars = await closed(ann, 2)
    assert [(b.symbol, b.start.ToNanoseconds(), b.open, b.high, b.low, b.close, b.volume, b.ticks) for b in bars] == [
        ("A", since, 100.0, 103.0, 100.0, 103.0, 10.0, 4),
        ("B", since + 60 * SECOND, 200.0, 201.0, 200.0, 201.0, 0.0, 2),
    ]
    first = await ann.list_tick_bars(dataset="prices", interval="BAR_INTERVAL_1M", page_size=1)
    second = await ann.list_tick_bars(
        dataset="prices", interval="BAR_INTERVAL_1M", page_size=1, page_token=first.next_page_token
    )
    assert [*first.bars, *second.bars] == list(bars)
    assert second.next_page_token == ""
    for narrowed, expected in (
        ({"symbols": ["B"]}, ["B"]),
        ({"start": _at(since + 1)}, ["B"]),
        ({"end": _at(since + 60 * SECOND)}, ["A"]),
        # Of the years 908 and 9892, whose nanoseconds 64 bits do not hold.
        ({"start": Timestamp(seconds=-33_506_000_000)}, ["A", "B"]),
        ({"end": Timestamp(seconds=-33_506_000_000)}, []),
        ({"start": Timestamp(seconds=250_000_000_000)}, []),
        ({"end": Timestamp(seconds=250_000_000_000)}, ["A", "B"]),
        ({"as_of": _at(since)}, []),
        ({"as_of": _at(time.time_ns() + SECOND)}, ["A", "B"]),
    ):
        found = await ann.list_tick_bars(dataset="prices", interval="BAR_INTERVAL_1M", **narrowed)
        assert [bar.symbol for bar in found.bars] == expected, narrowed


async def closed(ann, count):
    """The minute bars once so many are closed."""
    async with asyncio.timeout(15):
        while True:
            bars = (await ann.list_tick_bars(dataset="prices", interval="BAR_INTERVAL_1M")).bars
            if len(bars) >= count:
                return bars
            await asyncio.sleep(0.05)


def _at(nanoseconds):
    # The contract is read to the microsecond; the next one contains the asked nanosecond.
    return Timestamp(seconds=nanoseconds // SECOND, nanos=-(-(nanoseconds % SECOND) // 1000) * 1000)


async def test_the_rules_are_the_defaults_until_their_owner_changes_some(ann):
    before = (await ann.quality.get_quality_rules(dataset="prices")).rules
    assert (before.spike_z, before.spike_floor, before.confirm, before.oldest.seconds) == (12.0, 0.05, 3, 7 * 86_400)
    changed = {"spike_floor": 0.5, "ahead": Duration(seconds=1, nanos=500)}
    after = (await ann.quality.update_quality_rules(dataset="prices", rules=changed)).rules
    assert (after.spike_floor, after.ahead.seconds, after.ahead.nanos, after.spike_z) == (0.5, 1, 500, 12.0)
    assert (await ann.quality.get_quality_rules(dataset="prices")).rules == after
    await ann.feed(records(100.0, 120.0, 100.0), records(100.0, first=4, since=time.time_ns() + 3 * SECOND))
    assert faults((await judged(ann, 4)).total) == {"FUTURE": 1}


async def test_a_record_that_was_kept_apart_is_listed_with_what_it_said(ann):
    at = time.time_ns() - 5 * SECOND
    await ann.feed(records(float("inf"), 100.0, since=at, sizes=[7.0, 1.0], currency="USD"), records(5.0, symbol="ZZ"))
    await judged(ann, 3)
    listed = (await ann.quality.list_quarantine(dataset="prices")).records
    by_symbol = {each.symbol: each for each in listed}
    record = by_symbol["A"]
    assert (record.source, record.price, record.size, record.currency, record.number) == (
        "tests",
        "inf",
        "7.0",
        "USD",
        1,
    )
    assert (record.fault, record.occurred_at.ToNanoseconds()) == (quality_pb.RECORD_FAULT_NOT_FINITE, at)
    assert not record.HasField("released_at")
    for narrowed, expected in (
        ({"fault": "RECORD_FAULT_UNKNOWN_SYMBOL"}, ["ZZ"]),
        ({"symbol": "A"}, ["A"]),
        ({"symbol": "B"}, []),
    ):
        assert [r.symbol for r in (await ann.quality.list_quarantine(dataset="prices", **narrowed)).records] == expected
    page = await ann.quality.list_quarantine(dataset="prices", page_size=1)
    rest = await ann.quality.list_quarantine(dataset="prices", page_size=1, page_token=page.next_page_token)
    assert [*page.records, *rest.records] == list(listed)


async def test_a_released_record_is_stored_once_and_an_impossible_one_is_kept_apart_again(ann):
    await ann.feed(records(100.0, 100.1, 500.0, float("nan"), 100.2))
    await judged(ann, 5)
    kept = (await ann.quality.list_quarantine(dataset="prices")).records
    assert [each.price for each in kept] == ["500.0", "nan"]
    ids = [each.id for each in kept]
    released = (await ann.quality.release_quarantined(dataset="prices", ids=ids)).records
    assert [each.id for each in released] == ids
    assert all(each.HasField("released_at") for each in released)
    await ann.quality.release_quarantined(dataset="prices", ids=ids[:1])
    report = await judged(ann, 7)
    assert (report.total.accepted, faults(report.total)) == (4, {"SPIKE": 1, "NOT_FINITE": 2})
    after = (await ann.quality.list_quarantine(dataset="prices")).records
    assert [(each.price, each.HasField("stored_at")) for each in after] == [
        ("500.0", True),
        ("nan", False),
        ("nan", False),
    ]


async def test_an_unknown_symbol_can_be_released_when_the_dataset_has_it(ann):
    await ann.feed(records(5.0, symbol="D"))
    await judged(ann, 1)
    await ann.ingest("date,D\n2024-01-02,5\n")
    [record] = (await ann.quality.list_quarantine(dataset="prices")).records
    await ann.quality.release_quarantined(dataset="prices", ids=[record.id])
    assert (await judged(ann, 2)).total.accepted == 1


async def test_a_feed_must_say_where_it_goes_and_be_whole(ann):
    code = grpc.StatusCode.INVALID_ARGUMENT
    feed = pb.IngestTicksRequest(feed={"dataset": "prices", "source": "tests"})
    await refused(ann.feed_messages(), code, "INVALID_REQUEST")
    await refused(ann.feed_messages(feed, feed), code, "INVALID_REQUEST")
    await refused(ann.feed_messages(pb.IngestTicksRequest(records=records(1.0))), code, "INVALID_REQUEST")
    await refused(ann.feed(records(1.0, 2.0, sizes=[1.0])), code, "INVALID_REQUEST")
    await refused(ann.feed(records(1.0), source="Not A Source"), code, "INVALID_REQUEST")
    await refused(ann.quality.update_quality_rules(dataset="prices", rules={}), code, "INVALID_REQUEST")
    bad = {"spike_z": float("nan")}
    await refused(ann.quality.update_quality_rules(dataset="prices", rules=bad), code, "INVALID_REQUEST")
    await refused(ann.list_tick_bars(dataset="prices"), code, "INVALID_REQUEST")
    await refused(
        ann.list_tick_bars(dataset="prices", interval="BAR_INTERVAL_1M", symbols=["NO"]),
        grpc.StatusCode.NOT_FOUND,
        "INSTRUMENT_NOT_FOUND",
    )


async def test_what_came_before_a_mistake_is_taken_in(ann):
    good, bad = records(100.0, 101.0), records(1.0, 2.0, sizes=[1.0])
    await refused(ann.feed(good, bad), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")
    assert (await judged(ann, 2)).total.accepted == 2


async def test_anothers_dataset_is_not_there_and_a_shared_one_is_only_read(client, ann):
    bob, missing = client(), grpc.StatusCode.NOT_FOUND
    owned = (await ann.list_datasets()).datasets[0].id
    await ann.feed(records(-1.0))
    await judged(ann, 1)
    for call in (
        bob.feed(records(1.0), dataset=owned),
        bob.list_tick_bars(dataset=owned, interval="BAR_INTERVAL_1M"),
        bob.quality.get_quality_report(dataset=owned),
        bob.quality.get_quality_rules(dataset=owned),
        bob.quality.update_quality_rules(dataset=owned, rules={"confirm": 2}),
        bob.quality.list_quarantine(dataset=owned),
        bob.quality.release_quarantined(dataset=owned, ids=[NOBODY]),
    ):
        await refused(call, missing, "DATASET_NOT_FOUND")
    await ann.ingest(dataset="shared", visibility="VISIBILITY_SHARED")
    shared = next(each.id for each in (await ann.list_datasets()).datasets if each.name == "shared")
    assert (await bob.quality.get_quality_report(dataset=shared)).total.score == 1.0
    denied = grpc.StatusCode.PERMISSION_DENIED
    await refused(bob.feed(records(1.0), dataset=shared), denied, "NOT_OWNER")
    await refused(bob.quality.update_quality_rules(dataset=shared, rules={"confirm": 2}), denied, "NOT_OWNER")
    await refused(bob.quality.release_quarantined(dataset=shared, ids=[NOBODY]), denied, "NOT_OWNER")
    refusal = await refused(
        ann.quality.release_quarantined(dataset="shared", ids=[NOBODY]), missing, "RECORD_NOT_FOUND"
    )
    assert refusal == {"ids": NOBODY}


async def test_without_the_bus_a_feed_is_refused_to_be_tried_again(serve_marketdata):
    ann = (await serve_marketdata())()
    await ann.ingest()
    away = await serve_marketdata(bus_url="kafka://127.0.0.1:9")
    again = away(user_id=_id_of(ann))
    await refused(again.feed(records(1.0)), grpc.StatusCode.UNAVAILABLE, "PEER_UNAVAILABLE")


def _id_of(user):
    token = dict(user.metadata)["authorization"].removeprefix("Bearer ")
    return jwt.decode(token, options={"verify_signature": False})["sub"]


async def test_a_subscriber_says_how_often_it_is_told_and_what(ann):
    stream = ann.subscribe_ticks(dataset="prices", symbols=["A"], max_rate=5, fields=["price"])
    assert (await stream.read()).snapshot
    began, told, conflated = time.monotonic(), [], 0
    since = time.time_ns() - 100 * SECOND
    for piece in range(8):
        await ann.feed(records(*[100.0] * 10, first=1 + 10 * piece, since=since + 10 * piece * SECOND))
    async with asyncio.timeout(15):
        while len(told) + conflated < 80:
            message = await stream.read()
            told += message.ticks
            conflated += message.conflated
    messages = len(told)
    assert messages <= 1 + 5 * (time.monotonic() - began)
    assert all(tick.price and tick.seq and not tick.HasField("session") for tick in told)
    stream.cancel()
    for bad in ({"max_rate": -1}, {"max_rate": float("nan")}, {"fields": ["colour"]}, {"fields": ["price", "price"]}):
        await refused(ann.subscribe_ticks(dataset="prices", **bad), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST")


async def with_bars(stream):
    """The next message that is not an idle one."""
    async with asyncio.timeout(15):
        while not (message := await stream.read()).bars:
            assert message.cursor
        return message


async def test_bars_are_told_as_they_close_and_a_cursor_goes_on_behind_them(ann):
    minute = time.time_ns() // (60 * SECOND) * 60 * SECOND
    asked = {"dataset": "prices", "interval": "BAR_INTERVAL_1M", "symbols": ["A"]}
    stream = ann.subscribe_bars(**asked)
    first = await stream.read()
    assert (first.snapshot, list(first.bars)) == (True, [])
    await ann.feed(records(100.0, 101.0, since=minute - 300 * SECOND), records(9.0, symbol="B"))
    await ann.feed(records(102.0, since=minute - 200 * SECOND, first=3))
    bars, cursor = [], ""
    while len(bars) < 2:
        message = await with_bars(stream)
        bars, cursor = [*bars, *message.bars], message.cursor
    assert [(bar.symbol, bar.start.ToNanoseconds(), bar.close) for bar in bars] == [
        ("A", minute - 300 * SECOND, 101.0),
        ("A", minute - 240 * SECOND, 102.0),
    ]
    stream.cancel()
    await ann.feed(records(103.0, since=minute - 100 * SECOND, first=4))
    await closed(ann, 3)
    again = ann.subscribe_bars(**asked, cursor=cursor)
    missed = await with_bars(again)
    assert [(bar.start.ToNanoseconds(), bar.close) for bar in missed.bars] == [(minute - 120 * SECOND, 103.0)]
    again.cancel()
    newest = ann.subscribe_bars(**asked)
    snapshot = await newest.read()
    assert (snapshot.snapshot, [bar.close for bar in snapshot.bars]) == (True, [103.0])
    newest.cancel()


async def test_a_subscription_to_bars_is_refused_as_one_to_ticks_is(client, ann):
    asked, invalid = {"dataset": "prices", "interval": "BAR_INTERVAL_1M"}, grpc.StatusCode.INVALID_ARGUMENT
    await refused(ann.subscribe_bars(dataset="prices"), invalid, "INVALID_REQUEST")
    await refused(ann.subscribe_bars(**asked, cursor="nonsense"), invalid, "CURSOR_INVALID")
    stream = ann.subscribe_bars(**asked)
    cursor = (await stream.read()).cursor
    other = {"dataset": "prices", "interval": "BAR_INTERVAL_5M", "cursor": cursor}
    await refused(ann.subscribe_bars(**other), invalid, "CURSOR_INVALID")
    missing = grpc.StatusCode.NOT_FOUND
    await refused(ann.subscribe_bars(**asked, symbols=["NO"]), missing, "INSTRUMENT_NOT_FOUND")
    await refused(client().subscribe_bars(**asked), missing, "DATASET_NOT_FOUND")
    second = ann.subscribe_bars(**asked)
    await second.read()
    await refused(ann.subscribe_bars(**asked), grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY")
    stream.cancel()
    second.cancel()
