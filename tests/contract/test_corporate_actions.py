"""UpdateCorporateActions, ListCorporateActions and adjusted bars over a real server and store."""

import time

import grpc
import pytest
import pytest_asyncio
from google.protobuf.timestamp_pb2 import Timestamp
from qpo.marketdata.v1 import prices_pb2 as prices

from tests.contract.test_feeds import closed, judged, records
from tests.marketdata.served import refused

SESSIONS = ((2, 100), (3, 102), (4, 51), (5, 50))
TABLE = "date,symbol,open,high,low,close,volume\n" + "".join(
    f"2024-01-0{day},A,{price},{price + 1},{price - 1},{price},1000\n" for day, price in SESSIONS
)


@pytest.fixture(scope="module")
def marketdata_database(make_database):
    """A database of its own."""
    return make_database()


@pytest_asyncio.fixture
async def client(serve_marketdata):
    return await serve_marketdata(feeds=True)


@pytest_asyncio.fixture
async def ann(client):
    """Ann, who owns `prices` of A in sessions of January 2024, two for one on the 4th, and of B."""
    ann = client()
    await ann.ingest(TABLE)
    await ann.ingest("date,symbol,close\n2024-01-02,B,10\n")
    return ann


def action(day, symbol="A", **fields):
    told = {name: {"value": value} for name, value in fields.items()}
    return {"symbol": symbol, "ex_date": {"year": 2024, "month": 1, "day": day}} | told


def update(user, *actions, dataset="prices"):
    return user.update_corporate_actions(dataset=dataset, actions=actions)


async def closes(user, adjustment, **fields):
    bars = (await user.list_bars(dataset="prices", symbols=["A"], adjustment=adjustment, **fields)).bars
    return [round(bar.close, 6) for bar in bars]


async def test_bars_before_a_split_and_a_dividend_compare_with_those_after(ann):
    await update(ann, action(4, split_ratio="2"), action(5, dividend="1.02"))
    raw = (await ann.list_bars(dataset="prices", symbols=["A"])).bars
    assert [bar.close for bar in raw] == [100, 102, 51, 50]
    assert await closes(ann, "ADJUSTMENT_SPLITS") == [50, 51, 51, 50]
    assert await closes(ann, "ADJUSTMENT_SPLITS_AND_DIVIDENDS") == [49, 49.98, 49.98, 50]
    [first, *_] = (await ann.list_bars(dataset="prices", symbols=["A"], adjustment="ADJUSTMENT_SPLITS")).bars
    assert (first.open, first.high, first.low, first.volume, first.adjusted_close) == (50, 50.5, 49.5, 2000, 100)
    page = await ann.list_bars(dataset="prices", symbols=["A"], adjustment="ADJUSTMENT_SPLITS", page_size=1)
    rest = await ann.list_bars(
        dataset="prices", symbols=["A"], adjustment="ADJUSTMENT_SPLITS", page_size=9, page_token=page.next_page_token
    )
    assert [bar.close for bar in (*page.bars, *rest.bars)] == [50, 51, 51, 50]


async def test_dividing_by_the_same_factors_gives_back_the_prices_as_they_were(ann):
    await update(ann, action(4, split_ratio="3"), action(5, dividend="0.37"))
    raw = (await ann.list_bars(dataset="prices", symbols=["A"])).bars
    adjusted = (await ann.list_bars(dataset="prices", symbols=["A"], adjustment="ADJUSTMENT_SPLITS_AND_DIVIDENDS")).bars
    paid = 1 - 0.37 / 51
    factors = [paid / 3, paid / 3, paid, 1]
    assert [bar.close / factor for bar, factor in zip(adjusted, factors, strict=True)] == pytest.approx(
        [bar.close for bar in raw], rel=1e-12
    )


async def test_bars_of_ticks_are_adjusted_by_day(ann):
    minute = 60_000_000_000
    since = time.time_ns() // minute * minute - 3 * minute
    await ann.feed(records(100.0, 102.0, symbol="B", since=since, sizes=[1.0, 2.0]))
    await judged(ann, 2)
    [bar] = await closed(ann, 1)
    tomorrow = time.gmtime(since // 10**9 + 86_400)
    day = {"year": tomorrow.tm_year, "month": tomorrow.tm_mon, "day": tomorrow.tm_mday}
    await update(ann, {"symbol": "B", "ex_date": day, "split_ratio": {"value": "4"}})
    asked = {"dataset": "prices", "interval": "BAR_INTERVAL_1M", "adjustment": "ADJUSTMENT_SPLITS"}
    [adjusted] = (await ann.list_tick_bars(**asked)).bars
    assert (adjusted.open, adjusted.close, adjusted.volume) == (bar.open / 4, bar.close / 4, bar.volume * 4)


async def test_what_was_known_then_adjusts_what_is_asked_as_of_then(ann):
    first = (await update(ann, action(4, split_ratio="2"))).actions[0]
    second = (await update(ann, action(4, split_ratio="4"))).actions[0]
    assert second.knowledge_time.ToNanoseconds() > first.knowledge_time.ToNanoseconds()
    assert await closes(ann, "ADJUSTMENT_SPLITS", as_of=first.knowledge_time) == [50, 51, 51, 50]
    assert await closes(ann, "ADJUSTMENT_SPLITS") == [25, 25.5, 51, 50]
    before = Timestamp(seconds=first.knowledge_time.seconds - 1)
    assert await closes(ann, "ADJUSTMENT_SPLITS", as_of=before) == []
    listed = await ann.list_corporate_actions(dataset="prices", as_of=first.knowledge_time)
    assert [each.split_ratio.value for each in listed.actions] == ["2"]


async def test_an_action_that_is_taken_back_is_none(ann):
    await update(ann, action(4, split_ratio="2"))
    [none] = (await update(ann, action(4))).actions
    assert not none.HasField("split_ratio")
    assert (await ann.list_corporate_actions(dataset="prices")).actions == []
    assert await closes(ann, "ADJUSTMENT_SPLITS") == [100, 102, 51, 50]


async def test_actions_are_listed_page_by_page_and_what_is_known_is_no_news(ann):
    given = [action(5, dividend="0.5"), action(4, split_ratio="2"), action(3, "B", split_ratio="0.1")]
    once = await update(ann, *given)
    assert await update(ann, *given) == once
    seen, token = [], ""
    while True:
        page = await ann.list_corporate_actions(dataset="prices", page_size=1, page_token=token)
        seen += [(each.symbol, each.ex_date.day) for each in page.actions]
        if not (token := page.next_page_token):
            break
    assert seen == [("A", 4), ("A", 5), ("B", 3)]
    only = await ann.list_corporate_actions(dataset="prices", symbols=["B"])
    assert [each.split_ratio.value for each in only.actions] == ["0.1"]
    assert isinstance(only.actions[0], prices.CorporateAction)


async def test_what_cannot_be_known_is_refused_with_its_reason(ann, client):
    invalid, missing = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND
    for wrong in (
        [],
        [action(4), action(4)],
        [action(4, split_ratio="0")],
        [action(4, split_ratio="-2")],
        [action(4, split_ratio="nan")],
        [action(4, dividend="-1")],
        [{"symbol": "A"}],
        [{"symbol": "A", "ex_date": {"year": 2024, "month": 2, "day": 30}}],
    ):
        await refused(update(ann, *wrong), invalid, "INVALID_REQUEST")
    await refused(update(ann, action(4), action(4, "ZZ")), missing, "INSTRUMENT_NOT_FOUND")
    await refused(update(client(), action(4)), missing, "DATASET_NOT_FOUND")
    await refused(client().list_corporate_actions(dataset="prices"), missing, "DATASET_NOT_FOUND")
    await refused(ann.list_corporate_actions(dataset="prices", symbols=["ZZ"]), missing, "INSTRUMENT_NOT_FOUND")
    await ann.ingest(dataset="shared", visibility="VISIBILITY_SHARED")
    shared = (await ann.list_datasets()).datasets[-1].id
    await refused(update(client(), action(4), dataset=shared), grpc.StatusCode.PERMISSION_DENIED, "NOT_OWNER")
    await update(ann, action(4, dividend="102"))
    told = await refused(
        ann.list_bars(dataset="prices", adjustment="ADJUSTMENT_SPLITS_AND_DIVIDENDS"),
        grpc.StatusCode.FAILED_PRECONDITION,
        "DIVIDEND_NOT_ADJUSTABLE",
    )
    assert told == {"symbol": "A", "ex_date": "2024-01-04"}
