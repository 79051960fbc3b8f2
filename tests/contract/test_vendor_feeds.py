"""FeedService over a real server, bus and store, and vendors on this machine: what is started comes, and is told of."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import grpc
import pytest
import pytest_asyncio
from google.protobuf.duration_pb2 import Duration
from qpo.marketdata.v1 import feed_service_pb2 as pb

from tests.marketdata.served import refused
from tests.marketdata.vendors import vendor as local
from tests.marketdata.vendors.formats import DAILY, INCOME, NEWS, POSTS, SERIES, TOKEN, article, articles
from tests.marketdata.vendors.vendor import KEY, LocalVendor, Said

KEYS = dict.fromkeys(("alpha_vantage_key", "fmp_key", "fred_key", "news_api_key"), KEY)
KEYS |= {"reddit_client_id": "an-id", "reddit_client_secret": KEY}
SOURCES = ("alpha_vantage", "fmp", "fred", "news_api", "reddit")
FAST = {f"{source}_calls_per_minute": 6000 for source in SOURCES}
FAST |= {f"{source}_calls_per_day": 10_000 for source in SOURCES}
SCOPES = ("read:marketdata", "write:marketdata", "ingest:ticks")
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def marketdata_database(make_database):
    """A database of these tests alone: sources fare in it as they let them."""
    return make_database()


async def forgotten(url):
    """What earlier tests started is stopped, and how sources fared with them."""
    db = await asyncpg.connect(url)
    if await db.fetchval("SELECT to_regclass('marketdata.feeds') IS NOT NULL"):
        await db.execute("DELETE FROM marketdata.feeds; DELETE FROM marketdata.allowances")
    await db.close()


@pytest_asyncio.fixture
async def world(serve_marketdata, marketdata_database, monkeypatch):
    """Opens the service with vendors that answer by path; gives Ann, who owns `prices` of A, B and C, and them."""
    monkeypatch.setattr(local, "NOW", datetime.now(UTC))
    await forgotten(marketdata_database)

    @asynccontextmanager
    async def open_world(answers, keys=KEYS, **limits):
        def answer(asked):
            if asked.method == "POST":
                return Said(TOKEN)
            found = next((said for path, said in answers.items() if path in asked.path), Said({}, 404))
            return found(asked) if callable(found) else found

        async with LocalVendor(answer) as vendor:
            urls = {f"{source}_url": vendor.url for source in SOURCES} | {"reddit_token_url": vendor.url}
            client = await serve_marketdata(feeds=True, **(keys | urls | FAST | limits))
            ann = client()
            await ann.ingest()
            yield ann, vendor, client

    return open_world


def named(*symbols, **vendor_symbols):
    return [{"symbol": symbol, "vendor_symbol": vendor_symbols.get(symbol, "")} for symbol in symbols]


async def until(find, seconds=15):
    """What is found at last."""
    async with asyncio.timeout(seconds):
        while True:
            if found := await find():
                return found
            await asyncio.sleep(0.05)


async def status(ann, kind, symbol):
    """How a target fares once it was asked."""

    async def asked():
        for feed in (await ann.feeds.list_feeds(dataset="prices")).feeds:
            for target in feed.targets:
                if (feed.kind, target.target.symbol) == (kind, symbol) and target.calls:
                    return target
        return None

    return await until(asked)


def quote(price=12.5):
    return [{"symbol": "A", "price": price, "timestamp": int(local.NOW.timestamp()) - 5}]


async def test_quotes_of_a_vendor_become_ticks_under_the_symbol_of_the_dataset(world):
    async with world({"/stable/quote": Said(quote())}) as (ann, vendor, _):
        stream = ann.subscribe_ticks(dataset="prices", symbols=["A"])
        assert (await stream.read()).snapshot
        answer = await ann.feeds.start_feed(
            dataset="prices", source="fmp", kind="FEED_KIND_QUOTES", targets=named("A", A="A.US")
        )
        assert (answer.feed.running, answer.feed.every.ToTimedelta()) == (True, MINUTE)
        [tick] = await until(lambda: _ticks(stream))
        assert (tick.symbol, tick.price) == ("A", 12.5)
        stream.cancel()
        assert vendor.asked[0].params == {"symbol": "A.US", "apikey": KEY}
        told = await status(ann, pb.FEED_KIND_QUOTES, "A")
        assert (told.calls, told.records, told.problem) == (1, 1, pb.FEED_PROBLEM_UNSPECIFIED)
        assert told.due_at.ToDatetime() - told.succeeded_at.ToDatetime() == MINUTE
        [report] = await until(lambda: _streams(ann))
        assert (report.symbol, report.source, report.accepted) == ("A", "fmp", 1)


async def _ticks(stream):
    return (await stream.read()).ticks


async def _streams(ann):
    return (await ann.quality.get_quality_report(dataset="prices")).streams


async def test_daily_bars_are_stored_with_their_adjusted_closes_and_make_their_instrument(world):
    async with world({"/query": Said(DAILY)}) as (ann, _, __):
        await ann.feeds.start_feed(
            dataset="prices", source="alpha_vantage", kind="FEED_KIND_DAILY_BARS", targets=named("AAPL")
        )

        async def bars():
            if (await ann.list_instruments(dataset="prices")).instruments[1].symbol != "AAPL":
                return None
            return (await ann.list_bars(dataset="prices", symbols=["AAPL"])).bars

        first, *_ = await until(bars)
        assert (first.close, first.adjusted_close, first.volume) == (458.0, 229.0, 40_000_000)


async def test_news_is_searched_for_by_name_linked_and_scored(world):
    async with world({"/v2/everything": Said(NEWS)}) as (ann, vendor, _):
        await ann.update_instruments(dataset="prices", updates=[{"symbol": "A", "name": "Apple Inc."}])
        started = await ann.feeds.start_feed(
            dataset="prices", source="news_api", kind="FEED_KIND_NEWS", targets=named("A")
        )
        assert started.feed.targets[0].target.vendor_symbol == "Apple Inc."
        documents = await until(lambda: _documents(ann))
        assert {(each.source, tuple(each.symbols)) for each in documents} == {("news_api", ("A",))}
        assert all(each.sentiment_score > 0 for each in documents)
        assert vendor.asked[0].params["q"] == '"Apple Inc."'
        assert vendor.asked[0].headers["x-api-key"] == KEY


async def _documents(ann):
    return (await ann.alternative.list_documents(dataset="prices")).documents


async def test_posts_fundamentals_and_macro_series_are_to_be_read(world):
    answers = {
        "/r/investing/new": Said(POSTS),
        "/stable/income-statement": Said(INCOME),
        "/stable/": Said([]),
        "/fred/series/observations": Said(SERIES),
    }
    async with world(answers) as (ann, _, __):
        table = "date,symbol,close\n2024-01-02,AAPL,1\n"
        await ann.ingest(table)
        for source, kind, target in (
            ("reddit", "POSTS", "investing"),
            ("fmp", "FUNDAMENTALS", "AAPL"),
            ("fred", "MACRO_SERIES", "CPIAUCSL"),
        ):
            await ann.feeds.start_feed(dataset="prices", source=source, kind=f"FEED_KIND_{kind}", targets=named(target))
        posts = await until(lambda: _documents(ann))
        assert {(each.channel, tuple(each.symbols)) for each in posts} == {("investing", ("AAPL",))}
        figures = await until(lambda: _fundamentals(ann))
        revenue = next(each for each in figures if each.metric == "revenue")
        assert (revenue.symbol, revenue.value.value, revenue.currency, revenue.period) == (
            "AAPL",
            "102466000000",
            "USD",
            "Q4",
        )
        observed = await until(lambda: _macro(ann))
        assert [(each.series, each.date.month, each.value.value) for each in observed] == [
            ("CPIAUCSL", 8, "324.052"),
            ("CPIAUCSL", 10, "325.011"),
        ]
        feeds = (await ann.feeds.list_feeds(dataset="prices")).feeds
        assert [feed.source for feed in feeds] == ["fmp", "fred", "reddit"]
        assert all(feed.every.ToTimedelta() >= MINUTE for feed in feeds)


async def _fundamentals(ann):
    return (await ann.alternative.list_fundamentals(dataset="prices")).fundamentals


async def _macro(ann):
    return (await ann.alternative.list_macro_observations(dataset="prices")).observations


async def test_a_budget_is_never_exceeded_and_what_it_leaves_is_told(world):
    answers = {"/v2/everything": lambda asked: Said(articles(article(1)))}
    async with world(answers, news_api_calls_per_day=2) as (ann, vendor, _):
        started = await ann.feeds.start_feed(
            dataset="prices", source="news_api", kind="FEED_KIND_NEWS", targets=named("A", "B", "C")
        )
        # A day's budget for two calls and three targets: each is asked for every day and a half.
        assert started.feed.every.ToTimedelta() == timedelta(hours=36)

        async def spent():
            [source] = [each for each in (await ann.feeds.list_sources()).sources if each.name == "news_api"]
            return source if source.problem == pb.FEED_PROBLEM_BUDGET_SPENT else None

        source = await until(spent)
        assert (source.calls_today, source.cost_today.value, source.calls_per_day) == (2, "0.10", 2)
        midnight = source.blocked_until.ToDatetime()
        assert (midnight.hour, midnight.minute) == (0, 0)
        await asyncio.sleep(1.2)
        assert len(vendor.asked) == 2


async def test_a_source_that_is_asked_too_often_is_left_alone_as_long_as_it_says(world):
    async with world({"/stable/quote": Said("slow down", 429, {"Retry-After": "1"})}) as (ann, _, __):
        await ann.feeds.start_feed(dataset="prices", source="fmp", kind="FEED_KIND_QUOTES", targets=named("A"))
        told = await status(ann, pb.FEED_KIND_QUOTES, "A")
        assert told.problem == pb.FEED_PROBLEM_TOO_OFTEN
        assert told.due_at.ToDatetime() - told.failed_at.ToDatetime() >= timedelta(seconds=0.9)


async def test_an_unknown_target_is_told_and_the_others_go_on(world):
    answers = {"/stable/quote": lambda asked: Said(quote() if asked.params["symbol"] == "A" else [])}
    async with world(answers) as (ann, _, __):
        await ann.feeds.start_feed(dataset="prices", source="fmp", kind="FEED_KIND_QUOTES", targets=named("A", "B"))
        assert (await status(ann, pb.FEED_KIND_QUOTES, "A")).records == 1
        assert (await status(ann, pb.FEED_KIND_QUOTES, "B")).problem == pb.FEED_PROBLEM_UNKNOWN_TARGET


async def test_a_stopped_feed_asks_for_nothing_and_goes_on_when_it_is_started_again(world):
    async with world({"/stable/quote": Said(quote())}) as (ann, _, __):
        which = {"dataset": "prices", "source": "fmp", "kind": "FEED_KIND_QUOTES"}
        await ann.feeds.start_feed(**which, targets=named("A"), every=Duration(seconds=10))
        await status(ann, pb.FEED_KIND_QUOTES, "A")
        stopped = (await ann.feeds.stop_feed(**which)).feed
        assert (stopped.running, stopped.targets[0].HasField("due_at")) == (False, False)
        assert (await ann.feeds.stop_feed(**which)).feed == stopped
        again = (await ann.feeds.start_feed(**which, targets=named("A", "B"))).feed
        assert (again.running, [each.records for each in again.targets]) == (True, [1, 0])


async def test_what_cannot_be_started_is_refused_with_its_reason(world):
    keys = {"fmp_key": KEY}
    async with world({}, keys=keys) as (ann, _, client):
        invalid, unmet = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION
        missing, denied = grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED

        def start(of=ann, **fields):
            given = {"dataset": "prices", "source": "fmp", "kind": "FEED_KIND_QUOTES", "targets": named("A")}
            return of.feeds.start_feed(**(given | fields))

        told = await refused(start(source="fred", kind="FEED_KIND_MACRO_SERIES"), unmet, "SOURCE_NOT_CONFIGURED")
        assert told == {"source": "fred", "settings": "QPO_MARKETDATA_FRED_KEY"}
        for wrong in (
            {"source": "bloomberg"},
            {"kind": "FEED_KIND_NEWS"},
            {"kind": 0},
            {"targets": []},
            {"targets": named("A", "B", "A")},
            {"targets": named("../A")},
            {"every": Duration(seconds=1)},
        ):
            await refused(start(**wrong), invalid, "INVALID_REQUEST")
        await refused(start(targets=named("A", "ZZ")), missing, "INSTRUMENT_NOT_FOUND")
        await refused(start(of=client()), missing, "DATASET_NOT_FOUND")
        which = {"dataset": "prices", "source": "fmp", "kind": "FEED_KIND_QUOTES"}
        await refused(ann.feeds.stop_feed(**which), missing, "FEED_NOT_FOUND")
        await ann.ingest(dataset="shared", visibility="VISIBILITY_SHARED")
        shared = (await ann.list_datasets()).datasets[-1].id
        await refused(start(of=client(), dataset=shared), denied, "NOT_OWNER")
        await refused(client().feeds.stop_feed(**(which | {"dataset": shared})), denied, "NOT_OWNER")
        plain = client(scopes=("read:marketdata", "write:marketdata"))
        told = await refused(start(of=plain), denied, "SCOPE_MISSING")
        assert told["scope"] == "ingest:ticks"
        assert (await ann.feeds.list_feeds(dataset="prices")).feeds == []


async def test_sources_are_listed_as_the_specification_has_them_and_no_key_is_told(world):
    async with world({}, keys={"reddit_client_id": "an-id"}, fmp_calls_per_day=250) as (ann, _, __):
        answer = await ann.feeds.list_sources()
        assert KEY not in str(answer)
        listed = {each.name: each for each in answer.sources}
        assert list(listed) == list(SOURCES)
        vantage = listed["alpha_vantage"]
        assert (vantage.type, vantage.frequency, vantage.reliability, vantage.cost_per_call.value) == (
            pb.SOURCE_TYPE_MARKET,
            "real-time",
            0.999,
            "0.01",
        )
        assert {name: each.configured for name, each in listed.items()} == dict.fromkeys(SOURCES, False)
        fmp = listed["fmp"]
        assert (fmp.calls_per_day, fmp.calls_today, fmp.cost_today.value) == (250, 0, "0.00")
