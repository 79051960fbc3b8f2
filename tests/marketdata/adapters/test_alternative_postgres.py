"""Documents, sentiment and figures in PostgreSQL, as messages of the bus bring them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import pytest_asyncio

from services.marketdata.adapters.alternative_postgres import PostgresAlternative, PostgresAlternativeLedger
from services.marketdata.app.alternative_ports import AlternativeRecords, FiguresAsked, SentimentAsked
from services.marketdata.app.ports import Delivery
from services.marketdata.app.process_alternative import ProcessAlternative
from services.marketdata.domain.alternative.records import Document, DocumentKind, Figure
from services.marketdata.domain.alternative.sentiment import Sentiment
from services.marketdata.domain.dataset import Visibility
from services.marketdata.wire.alternative import from_payload, to_payload
from tests.marketdata.builders import read
from tests.walls import background

NOW = datetime(2026, 11, 27, 18, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


class Clock:
    time = NOW

    def now(self):
        return self.time


class WordScorer:
    """good is 1, bad is −1, else nothing is to be found; each with the confidence that stands behind it."""

    def score(self, text):
        word, _, confidence = text.splitlines()[-1].partition(" ")
        return Sentiment({"good": 1.0, "bad": -1.0}.get(word, 0.0), float(confidence or 0.0))


class World:
    def __init__(self, pool, dataset):
        self.pool, self.dataset, self.clock = pool, dataset, Clock()
        self.process, self.store = ProcessAlternative(WordScorer(), self.clock), PostgresAlternative(pool)

    async def take_in(self, documents=(), figures=(), source="tests", dataset_id=None):
        message = AlternativeRecords(dataset_id or self.dataset.id, source, documents, figures)
        async with background(self.pool) as db:
            await self.process(PostgresAlternativeLedger(db), [message])

    async def documents(self, *symbols, after=(), limit=100, source=""):
        return await self.store.documents(self.dataset, symbols, source, after, limit)

    async def sentiment(self, *symbols, width=3600, start=None, end=None, as_of=None, after=(), limit=100):
        asked = SentimentAsked(self.dataset.id, symbols, "", width, start, end, as_of)
        return await self.store.sentiment(self.dataset, asked, after, limit)

    async def figures(self, *subjects, economy=False, metrics=(), as_of=None, after=(), limit=100, days=(None, None)):
        asked = FiguresAsked(self.dataset.id, economy, subjects, metrics, *days, as_of)
        return await self.store.figures(self.dataset, asked, after, limit)


@pytest_asyncio.fixture
async def world(pool, stores, caller):
    table = read("date,AAPL,MSFT\n2024-01-02,1,2\n").prices
    await stores.prices.store(Delivery(caller, "prices", Visibility.PRIVATE, "USD", table, NOW), keep=True)
    return World(pool, await stores.datasets.find(caller, "prices"))


def document(identity, text="good 1", *symbols, at=NOON, channel="investing", upvotes=None):
    kind = DocumentKind.POST
    return Document(identity, kind, channel, f"about {identity}", text, "", at, upvotes, symbols or ("AAPL",))


def figure(value, day=date(2026, 9, 26), subject="AAPL", metric="revenue", published=None):
    return Figure(subject, metric, day, "Q4", Decimal(value), "USD", published)


async def test_a_document_is_kept_once_however_often_it_comes(world):
    await world.take_in([document("1"), document("1", "bad 1")])
    await world.take_in([document("1", "bad 1")])
    [kept] = await world.documents()
    assert (kept.id, kept.source, kept.score, kept.symbols, kept.knowledge_time) == ("1", "tests", 1.0, ["AAPL"], NOW)
    [point] = await world.sentiment()
    assert (point.count, point.score) == (1, 1.0)
    await world.take_in([document("1")], source="another")
    assert len(await world.documents()) == 2


async def test_what_speaks_of_no_instrument_is_not_kept(world):
    await world.take_in([document("1", "good 1", "TSLA"), document("2", "$MSFT\ngood 1", "TSLA")])
    assert [(each.id, each.symbols) for each in await world.documents()] == [("2", ["MSFT"])]


async def test_a_document_of_a_dataset_that_is_not_there_is_dropped(world):
    await world.take_in([document("1")], dataset_id="01987f6c-0000-7000-8000-00000000dead")
    assert await world.documents() == []


async def test_a_new_instrument_is_linked_from_then_on(world, stores, caller):
    await world.take_in([document("1", "good 1", "TSLA")])
    table = read("date,TSLA\n2024-01-02,1\n").prices
    await stores.prices.store(Delivery(caller, "prices", Visibility.PRIVATE, "USD", table, NOW), keep=True)
    await world.take_in([document("2", "good 1", "TSLA")])
    assert [each.id for each in await world.documents("TSLA")] == ["2"]


async def test_documents_come_the_newest_first_page_by_page(world):
    several = [document(f"{n}", at=NOON + n % 3 * HOUR, channel=f"c{n}") for n in range(7)]
    await world.take_in(several)
    seen, after = [], ()
    while page := await world.documents(after=after, limit=2):
        seen += [each.id for each in page]
        after = (page[-1].published_at.isoformat(), page[-1].source, page[-1].id)
    assert seen == ["2", "5", "1", "4", "0", "3", "6"]
    assert await world.documents("MSFT") == []
    assert await world.documents(source="another") == []


async def test_sentiment_is_the_mean_weighted_by_confidence(world):
    await world.take_in([
        document("1", "good 0.9", upvotes=0.8),
        document("2", "bad 0.3", at=NOON + HOUR / 2, upvotes=0.6),
        document("3", "none", at=NOON + HOUR / 3),
        document("4", "bad 1", at=NOON + HOUR),
        document("5", "bad 1", channel="stocks"),
    ])  # fmt: skip
    first, second, third = await world.sentiment()
    assert (first.start, first.channel, first.count) == (NOON, "investing", 3)
    assert first.score == pytest.approx((0.9 - 0.3) / 1.2)
    assert first.confidence == pytest.approx(0.4)
    assert first.upvote_ratio == pytest.approx(0.7)
    assert (second.start, second.channel, second.upvote_ratio) == (NOON, "stocks", None)
    assert third.start == NOON + HOUR
    [day, _] = await world.sentiment(width=86_400)
    assert (day.start, day.count) == (datetime(2026, 11, 27, tzinfo=UTC), 4)


async def test_of_what_says_nothing_the_sentiment_is_neither(world):
    await world.take_in([document("1", "none")])
    [point] = await world.sentiment()
    assert (point.score, point.confidence, point.count) == (0.0, 0.0, 1)


async def test_a_range_holds_the_intervals_that_begin_in_it_page_by_page(world):
    await world.take_in([document(f"{n}", at=NOON + n * HOUR / 2) for n in range(10)])
    asked = await world.sentiment(start=NOON + HOUR, end=NOON + 3 * HOUR)
    assert [point.start for point in asked] == [NOON + HOUR, NOON + 2 * HOUR]
    ragged = await world.sentiment(start=NOON + HOUR / 2)
    assert ragged[0].start == NOON + HOUR
    [first] = await world.sentiment(limit=1)
    rest = await world.sentiment(after=(first.start.isoformat(), first.symbol, first.source, first.channel))
    assert [point.start for point in rest] == [NOON + n * HOUR for n in (1, 2, 3, 4)]


async def test_what_came_later_was_not_known_before(world):
    await world.take_in([document("1", "good 1")])
    world.clock.time = NOW + HOUR
    await world.take_in([document("2", "bad 1")])
    [then] = await world.sentiment(as_of=NOW + HOUR / 2)
    [now] = await world.sentiment()
    assert ((then.score, then.count), (now.score, now.count)) == ((1.0, 1), (0.0, 2))
    assert await world.sentiment(as_of=NOW - HOUR) == []


async def test_whoever_goes_on_from_a_place_sees_each_interval_that_changed_as_it_stands(world):
    begin = await world.store.horizon()
    await world.take_in([document("1", "good 1")])
    between = await world.store.horizon()
    await world.take_in(
        [document("2", "bad 1"), document("3", "bad 1", at=NOON + HOUR), document("4", "good 1", "MSFT")]
    )
    end = await world.store.horizon()
    first, upto = await world.store.changed(world.dataset, 3600, begin, between)
    assert (upto, [(point.score, point.count) for point in first]) == (between, [(1.0, 1)])
    rest, _ = await world.store.changed(world.dataset, 3600, between, end)
    assert [(p.symbol, p.start, p.count) for p in rest] == [
        ("AAPL", NOON, 2),
        ("MSFT", NOON, 1),
        ("AAPL", NOON + HOUR, 1),
    ]
    newest = await world.store.newest(world.dataset, 3600, end)
    assert [(p.symbol, p.start) for p in newest] == [("MSFT", NOON), ("AAPL", NOON + HOUR)]
    assert [(p.symbol, p.count) for p in await world.store.newest(world.dataset, 3600, between)] == [("AAPL", 1)]


async def test_a_restated_figure_is_a_new_version_and_the_old_one_stays_readable(world):
    await world.take_in(figures=[figure("100"), figure("7.5", metric="eps")])
    world.clock.time = NOW + HOUR
    await world.take_in(figures=[figure("101.123456789"), figure("7.5", metric="eps")])
    now, then = await world.figures(), await world.figures(as_of=NOW)
    assert [(each.metric, each.value) for each in now] == [
        ("eps", Decimal("7.5")),
        ("revenue", Decimal("101.12345679")),
    ]
    assert [(each.metric, each.value) for each in then] == [("eps", Decimal("7.5")), ("revenue", Decimal(100))]
    assert [each.knowledge_time for each in now] == [NOW, NOW + HOUR]
    assert await world.figures(as_of=NOW - HOUR) == []


async def test_a_version_is_never_known_before_the_one_it_replaces(world):
    await world.take_in(figures=[figure("100")])
    world.clock.time = NOW - HOUR  # another replica's clock
    await world.take_in(figures=[figure("101")])
    [one] = await world.figures()
    assert (one.value, one.knowledge_time > NOW) == (Decimal(101), True)
    [before] = await world.figures(as_of=NOW)
    assert before.value == 100


async def test_of_a_figure_that_comes_twice_at_once_the_last_counts(world):
    await world.take_in(figures=[figure("1"), figure("2"), figure("3")])
    assert [each.value for each in await world.figures()] == [3]


async def test_companies_and_the_economy_are_read_apart(world):
    cpi = Figure("CPIAUCSL", "", date(2026, 10, 1), "", Decimal("325.011"), "")
    older = Figure("CPIAUCSL", "", date(2026, 9, 1), "", Decimal("324.1"), "")
    await world.take_in(figures=[figure("1"), cpi, older])
    assert [each.subject for each in await world.figures()] == ["AAPL"]
    assert [each.day for each in await world.figures(economy=True)] == [date(2026, 9, 1), date(2026, 10, 1)]
    assert [each.day for each in await world.figures(economy=True, days=(date(2026, 9, 2), None))] == [cpi.day]
    assert await world.figures("MSFT") == await world.figures(metrics=["eps"]) == []
    [first] = await world.figures(economy=True, limit=1)
    behind = (first.subject, first.metric, first.day.isoformat(), first.period, first.source)
    assert [each.value for each in await world.figures(economy=True, after=behind)] == [Decimal("325.011")]


def test_a_message_says_on_the_bus_what_it_was_given():
    documents = [document("1", "good\x01 1", "A", "B", upvotes=0.5), document("2")]
    figures = [figure("-0.00000001", published=NOON), Figure("GDP", "", date(2026, 1, 1), "", Decimal("1E+3"), "")]
    read_back = from_payload(to_payload("01987f6c-0000-7000-8000-0000000000da", "tests", documents, figures))
    assert (list(read_back.documents), list(read_back.figures)) == (documents, figures)


@pytest.mark.parametrize("payload", [b"\xff", to_payload("no id", "s", [], [])])
def test_what_nobody_would_write_is_refused(payload):
    with pytest.raises(ValueError, match=r"AlternativeRecords|id"):
        from_payload(payload)
