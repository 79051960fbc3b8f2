"""AlternativeDataService over a real server, bus and store: what is written of instruments, and how it sounds."""

import asyncio
from datetime import UTC, datetime, timedelta

import grpc
import pytest
import pytest_asyncio
from google.protobuf.timestamp_pb2 import Timestamp
from qpo.marketdata.v1 import alternative_data_service_pb2 as pb

from tests.marketdata.served import refused

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def marketdata_database(make_database):
    """A database of its own."""
    return make_database()


@pytest_asyncio.fixture
async def client(serve_marketdata):
    return await serve_marketdata(feeds=True)


@pytest_asyncio.fixture
async def ann(client):
    """Ann, who owns `prices` of A, called Apple Inc., B and C."""
    ann = client()
    await ann.ingest()
    await ann.update_instruments(dataset="prices", updates=[{"symbol": "A", "name": "Apple Inc."}])
    return ann


def at(moment):
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def document(identity, title="Apple beats estimates and raises its guidance", when=NOON, **fields):
    whole = {"id": identity, "kind": "DOCUMENT_KIND_POST", "channel": "investing", "title": title}
    return whole | {"published_at": at(when), "upvote_ratio": 0.8} | fields


async def listed(ann, count, **asked):
    """The documents once there are so many."""
    async with asyncio.timeout(20):
        while True:
            found = (await ann.alternative.list_documents(dataset="prices", **asked)).documents
            if len(found) >= count:
                return found
            await asyncio.sleep(0.05)


async def test_documents_are_linked_scored_and_listed_the_newest_first(ann):
    answer = await ann.documents(
        document("1"),
        document("2", "$B plunges after a fraud probe, bankruptcy feared", NOON + HOUR),
        document("3", "The weather stays fine"),
        document("1", "sent again"),
        document("4", "Nothing is named", symbols=["C", "ZZ"]),
    )
    assert answer.documents == 5
    found = await listed(ann, 3)
    assert [(each.id, list(each.symbols)) for each in found] == [("2", ["B"]), ("1", ["A"]), ("4", ["C"])]
    bad, good, _ = found
    assert bad.sentiment_score < 0 < good.sentiment_score
    assert 0 < good.confidence <= 1
    assert (good.title, good.source, good.channel, good.upvote_ratio) == (
        "Apple beats estimates and raises its guidance",
        "tests",
        "investing",
        0.8,
    )
    first = await ann.alternative.list_documents(dataset="prices", page_size=2)
    rest = await ann.alternative.list_documents(dataset="prices", page_size=2, page_token=first.next_page_token)
    assert [*first.documents, *rest.documents] == list(found)
    assert rest.next_page_token == ""
    assert [each.id for each in await listed(ann, 1, symbols=["B"])] == ["2"]


async def test_a_document_of_a_long_stream_is_taken_at_once(ann):
    never = asyncio.Event()

    async def stream():
        yield pb.IngestDocumentsRequest(feed={"dataset": "prices", "source": "tests"})
        yield pb.IngestDocumentsRequest(document=document("1"))
        await never.wait()

    call = ann.alternative.stub.IngestDocuments(stream(), metadata=ann.metadata, timeout=30)
    assert len(await listed(ann, 1)) == 1
    call.cancel()


async def test_sentiment_is_added_up_by_interval_as_known_at_a_time(ann):
    await ann.documents(document("1"), document("2", "Apple slumps, a terrible quarter", NOON + HOUR / 2))
    await listed(ann, 2)
    asked = {"dataset": "prices", "symbols": ["A"]}
    [hour] = (await ann.alternative.list_sentiment(**asked)).points
    assert (hour.symbol, hour.source, hour.channel, hour.post_count) == ("A", "tests", "investing", 2)
    assert hour.start.ToDatetime(UTC) == NOON
    assert hour.upvote_ratio == pytest.approx(0.8)
    assert -1 < hour.sentiment_score < 1
    [day] = (await ann.alternative.list_sentiment(**asked, interval="SENTIMENT_INTERVAL_1D")).points
    assert day.start.ToDatetime(UTC) == datetime(2026, 11, 27, tzinfo=UTC)
    for narrowed in (
        {"start": at(NOON + HOUR / 2)},
        {"end": at(NOON)},
        {"as_of": at(NOON - 300 * HOUR)},
        {"source": "another"},
    ):
        assert (await ann.alternative.list_sentiment(**asked, **narrowed)).points == [], narrowed
    await ann.documents(document("3", when=NOON + HOUR))
    await listed(ann, 3)
    first = await ann.alternative.list_sentiment(**asked, page_size=1)
    rest = await ann.alternative.list_sentiment(**asked, page_size=1, page_token=first.next_page_token)
    assert [each.start.ToDatetime(UTC) for each in (*first.points, *rest.points)] == [NOON, NOON + HOUR]


async def test_subscribers_see_sentiment_change_and_go_on_where_they_were(ann, client):
    await ann.documents(document("1"))
    await listed(ann, 1)
    stream = ann.alternative.subscribe_sentiment(dataset="prices", symbols=["A"])
    snapshot = await stream.read()
    assert snapshot.snapshot
    cursor = snapshot.cursor
    await ann.documents(document("2"), document("3", "$B soars"))
    seen = list(snapshot.points)
    async with asyncio.timeout(20):
        while not seen or seen[-1].post_count < 2:
            message = await stream.read()
            assert not message.snapshot
            seen += message.points
    assert {each.symbol for each in seen} == {"A"}
    stream.cancel()
    again = ann.alternative.subscribe_sentiment(dataset="prices", symbols=["A"], cursor=cursor)
    async with asyncio.timeout(20):
        while not (points := (await again.read()).points):
            continue
    assert [(each.symbol, each.post_count) for each in points] == [("A", 2)]
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    daily = {"dataset": "prices", "interval": "SENTIMENT_INTERVAL_1D"}
    await refused(ann.alternative.subscribe_sentiment(**daily, cursor=cursor), invalid, "CURSOR_INVALID")
    other = ann.subscribe_ticks(dataset="prices")  # one limit for subscriptions of all kinds
    await other.read()
    await refused(ann.alternative.subscribe_sentiment(**daily), grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY")


async def test_what_cannot_be_taken_in_is_refused_with_its_reason(ann, client):
    invalid, missing = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
    for wrong in (
        document(""),
        document("1", ""),
        document("1", url="javascript:alert(1)"),
        document("1", kind=0),
        document("1", upvote_ratio=2.0),
        document("1", upvote_ratio=float("nan")),
        document("1", channel="a\x00b"),
        {"id": "1", "kind": "DOCUMENT_KIND_POST", "title": "undated"},
    ):
        await refused(ann.documents(wrong), invalid, "INVALID_REQUEST")
    await refused(ann.documents(document("1"), dataset="nope"), missing, "DATASET_NOT_FOUND")
    await refused(client().documents(document("1")), missing, "DATASET_NOT_FOUND")
    send = ann.alternative.stub.IngestDocuments
    feed = pb.IngestDocumentsRequest(feed={"dataset": "prices", "source": "tests"})
    alone = pb.IngestDocumentsRequest(document=document("1"))
    for messages in ([alone], [feed, feed], []):
        await refused(send(iter(messages), metadata=ann.metadata, timeout=30), invalid, "INVALID_REQUEST")
    await ann.ingest(dataset="shared", visibility="VISIBILITY_SHARED")
    shared = (await ann.list_datasets()).datasets[-1].id
    await refused(client().documents(document("1"), dataset=shared), grpc.StatusCode.PERMISSION_DENIED, "NOT_OWNER")


async def test_what_is_asked_of_another_is_not_there(ann, client):
    missing, reads = grpc.StatusCode.NOT_FOUND, client().alternative
    for call in (reads.list_documents, reads.list_sentiment, reads.list_fundamentals, reads.list_macro_observations):
        await refused(call(dataset="prices"), missing, "DATASET_NOT_FOUND")
    for call in (ann.alternative.list_documents, ann.alternative.list_sentiment, ann.alternative.list_fundamentals):
        await refused(call(dataset="prices", symbols=["ZZ"]), missing, "INSTRUMENT_NOT_FOUND")
    await refused(reads.subscribe_sentiment(dataset="prices"), missing, "DATASET_NOT_FOUND")
    assert (await ann.alternative.list_macro_observations(dataset="prices", series=["GDP"])).observations == []
