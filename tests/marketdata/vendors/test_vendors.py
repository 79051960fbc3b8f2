"""Every vendor in its documented format, and every fault of its own and of the wire."""

import copy
import json
import logging
import math
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import pytest

from services.marketdata.adapters.vendors import asking
from services.marketdata.app.vendor_ports import NotNow, VendorFault
from services.marketdata.domain.feed.allowance import Problem
from services.marketdata.domain.feed.records import SECOND, nanoseconds
from services.marketdata.domain.layout import Layout, read_table
from services.marketdata.wire.alternative import from_payload, to_payload
from tests.marketdata.vendors.conftest import DATASET, pull_of
from tests.marketdata.vendors.formats import FORMATS, INTRADAY, NAMES, article, articles, listing, post
from tests.marketdata.vendors.vendor import KEY, NOW, Said

INTRADAY_FORM, DAILY_FORM, QUOTE_FORM, INCOME_FORM, FRED_FORM, NEWS_FORM, REDDIT_FORM = FORMATS
each_vendor = pytest.mark.parametrize("form", FORMATS, ids=NAMES)
own_faults = [
    pytest.param(form, *fault, id=f"{form.source}: {name}") for form in FORMATS for name, fault in form.faults.items()
]


def count(answer):
    daily = 0 if answer.daily is None else len(list(answer.daily.rows))
    quotes = 0 if answer.quotes is None else len(answer.quotes.price)
    return daily + quotes + len(answer.documents) + len(answer.figures)


@each_vendor
async def test_a_documented_answer_is_read_whole_at_the_price_of_one_call(session, form):
    vendor = await session(form, Said(form.good))
    answer = await vendor.ask()
    assert count(answer) == form.records
    assert vendor.permits == len(vendor.server.asked) == (2 if form.source == "reddit" else 1)


@each_vendor
async def test_what_is_there_already_is_not_taken_again(session, form):
    vendor = await session(form, Said(form.good))
    first = await vendor.ask()
    again = await vendor.ask(cursor=first.cursor)
    if first.quotes is not None or form is REDDIT_FORM:
        assert count(again) == 0
    assert again.cursor == first.cursor


@pytest.mark.parametrize(("form", "said", "problem"), own_faults)
async def test_each_of_its_own_refusals_means_what_it_documents(session, form, said, problem):
    vendor = await session(form, said)
    assert (await vendor.fault()).problem is problem


@each_vendor
@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (Said("slow down", 429), Problem.TOO_OFTEN),
        (Said("down", 500), Problem.FAILING),
        (Said("down", 502), Problem.FAILING),
        (Said("down", 503), Problem.FAILING),
        (Said("down for a while", 503, {"Retry-After": "30"}), Problem.TOO_OFTEN),
        (Said("no", 403), Problem.KEY_REFUSED),
        (Said("where?", 404), Problem.UNKNOWN_TARGET),
        (Said("gone", 410), Problem.CHANGED_SCHEMA),
        (Said("moved", 301, {"Location": "http://127.0.0.1:9/elsewhere"}), Problem.CHANGED_SCHEMA),
        (Said(raw=b"<html>maintenance</html>"), Problem.FAILING),
        (Said(raw=b""), Problem.FAILING),
        (Said(raw=b"\xff\xfe\x00"), Problem.FAILING),
        (Said(raw=b"[" * 100_000), Problem.FAILING),
        (Said(raw=b'{"price": NaN}'), Problem.FAILING),
        (Said({"something": "else"}), Problem.CHANGED_SCHEMA),
        (Said("text"), Problem.CHANGED_SCHEMA),
        (Said(42), Problem.CHANGED_SCHEMA),
    ],
    ids=lambda value: getattr(value, "name", None) or f"{value.status} {value.body()[:12]!r}",
)
async def test_each_fault_of_the_wire_is_told_in_one_way(session, form, said, problem):
    vendor = await session(form, said)
    fault = await vendor.fault()
    assert fault.problem is problem
    assert vendor.permits == len(vendor.server.asked)


@each_vendor
async def test_an_answer_that_breaks_off_is_a_failure_and_nothing_of_it_is_kept(session, form):
    vendor = await session(form, Said(form.good, cut=40))
    assert (await vendor.fault()).problem is Problem.FAILING


@each_vendor
async def test_an_answer_without_a_documented_field_is_a_changed_schema(session, form):
    changed = copy.deepcopy(form.good)
    *way, last = form.gone
    inner = changed
    for step in way:
        inner = inner[step]
    del inner[last]
    vendor = await session(form, Said(changed))
    assert (await vendor.fault()).problem is Problem.CHANGED_SCHEMA


@each_vendor
async def test_a_field_of_another_kind_is_a_changed_schema(session, form):
    changed = copy.deepcopy(form.good)
    *way, last = form.gone
    inner = changed
    for step in way:
        inner = inner[step]
    inner[last] = {"amount": 1}
    vendor = await session(form, Said(changed))
    assert (await vendor.fault()).problem is Problem.CHANGED_SCHEMA


@each_vendor
async def test_a_vendor_that_never_answers_is_a_failure(session, form, monkeypatch):
    monkeypatch.setattr(asking, "WHOLE", 0.2)
    vendor = await session(form, Said(silent=True))
    assert (await vendor.fault()).problem is Problem.FAILING


@each_vendor
async def test_an_endless_answer_is_cut_short(session, form, monkeypatch):
    monkeypatch.setattr(asking, "MOST_BYTES", 100)
    vendor = await session(form, Said(raw=b" " * 10_000 + b"{}"))
    fault = await vendor.fault()
    assert (fault.problem, "longer than 100 bytes" in str(fault)) == (Problem.CHANGED_SCHEMA, True)


@each_vendor
async def test_a_wait_is_reckoned_by_the_clock_of_the_vendor(session, form):
    an_hour = timedelta(hours=1)
    until = format_datetime(NOW + an_hour + timedelta(seconds=90), usegmt=True)
    vendor = await session(form, Said("slow down", 429, {"Retry-After": until}), ahead=an_hour)
    if form.source == "reddit":
        await vendor.vendor._token(vendor.permit)
    assert (await vendor.fault()).wait == timedelta(seconds=90)


@each_vendor
async def test_seconds_to_wait_are_taken_as_they_are_and_nonsense_is_none(session, form):
    vendor = await session(form, lambda _: Said("slow down", 429, {"Retry-After": said.pop(0)}))
    said = ["120", "soon", "99999999999999"]
    waits = [(await vendor.fault()).wait for _ in range(3)]
    assert waits == [timedelta(seconds=120), None, timedelta(seconds=10**7)]


@each_vendor
async def test_how_far_its_clock_is_ahead_is_told(session, form):
    vendor = await session(form, Said(form.good), ahead=timedelta(minutes=-10))
    assert (await vendor.ask()).skew == -600


@each_vendor
async def test_what_has_not_changed_since_its_etag_brings_nothing(session, form):
    def say(asked):
        same = asked.headers.get("if-none-match") == '"v1"'
        return Said(status=304, headers={"ETag": '"v1"'}) if same else Said(form.good, headers={"ETag": '"v1"'})

    vendor = await session(form, say)
    first = await vendor.ask()
    assert first.etag == '"v1"'
    again = await vendor.ask(cursor=first.cursor, etag=first.etag)
    assert (count(again), again.cursor, again.etag) == (0, first.cursor, '"v1"')


@each_vendor
async def test_nothing_is_sent_without_a_permit(session, form):
    vendor = await session(form, Said(form.good))

    async def refuse():
        raise NotNow(NOW)

    with pytest.raises(NotNow):
        await vendor.vendor.ask(pull_of(form), refuse)
    assert vendor.server.asked == []


@each_vendor
async def test_no_key_is_logged_nor_told(session, form, caplog):
    caplog.set_level(logging.DEBUG)
    for said in (Said(form.good), Said({"Information": KEY, "Error Message": KEY, "message": KEY}, 500)):
        vendor = await session(form, said)
        try:
            await vendor.ask()
        except Exception as error:
            assert KEY not in repr(error)
        assert KEY not in repr(vendor.vendor)
    assert KEY not in "".join(record.getMessage() for record in caplog.records)


STRANGE = [
    None,
    True,
    -1,
    0,
    1e308,
    10**30,
    "",
    "NaN",
    "Infinity",
    "-1",
    "x" * 3000,
    "\ud800",
    "\x00",
    [],
    {},
    [[]],
    [None],
]


def spoiled(document, chance):
    """A copy in which a few places hold something strange, or nothing."""
    copied = copy.deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        inner, places = copied, []
        while isinstance(inner, (dict, list)) and inner:
            key = chance.choice(list(inner) if isinstance(inner, dict) else range(len(inner)))
            places.append((inner, key))
            inner = inner[key]
        if places:
            holder, key = chance.choice(places)
            if chance.random() < 0.3:
                del holder[key]
            else:
                holder[key] = chance.choice(STRANGE)
    return copied


@each_vendor
async def test_whatever_stands_in_an_answer_it_is_read_or_refused_and_can_be_carried(session, form):
    chance, said = random.Random(5), []
    vendor = await session(form, lambda _: Said(said[-1]))
    outcomes = Counter()
    for _ in range(200):
        said.append(spoiled(form.good, chance))
        try:
            answer = await vendor.ask()
        except VendorFault:
            outcomes["refused"] += 1
            continue
        outcomes["read"] += 1
        read_back = from_payload(to_payload(DATASET, form.source, answer.documents, answer.figures))
        assert (len(read_back.documents), len(read_back.figures)) == (len(answer.documents), len(answer.figures))
        if answer.daily is not None:
            read_table(answer.daily, Layout.LONG, NOW.date())
        if answer.quotes is not None:
            assert all(map(math.isfinite, answer.quotes.price))
            assert all(-(2**63) <= at < 2**63 for at in answer.quotes.occurred_at)
    assert min(outcomes["refused"], outcomes["read"]) > 10, outcomes


async def test_a_minute_is_one_price_at_its_end_and_one_that_is_not_over_is_left_for_later(session):
    vendor = await session(INTRADAY_FORM, Said(INTRADAY))
    quotes = (await vendor.ask()).quotes
    ends = [datetime(2026, 11, 27, 17, minute, tzinfo=UTC) for minute in (59,)]
    ends.append(datetime(2026, 11, 27, 18, 0, tzinfo=UTC))
    assert list(quotes.occurred_at) == [nanoseconds(end) - 1 for end in ends]
    assert (list(quotes.price), list(quotes.size)) == ([231.1, 231.4], [3000.0, 4100.0])


async def test_a_long_absence_is_made_up_for_by_a_full_answer(session):
    vendor = await session(INTRADAY_FORM, Said(INTRADAY))
    await vendor.ask(cursor={"until": (NOW - timedelta(minutes=30)).isoformat()})
    await vendor.ask(cursor={"until": (NOW - timedelta(days=2)).isoformat()})
    assert [each.params["outputsize"] for each in vendor.asked] == ["compact", "full"]
    assert {each.params["adjusted"] for each in vendor.asked} == {"false"}


async def test_a_session_that_is_not_over_has_no_close_yet(session):
    vendor = await session(DAILY_FORM, Said(DAILY_FORM.good))
    assert [row.cells[0] for row in (await vendor.ask()).daily.rows] == ["2026-11-24", "2026-11-25"]
    late = await session(DAILY_FORM, Said(DAILY_FORM.good), ahead=timedelta(hours=8))
    assert [row.cells[0] for row in (await late.ask()).daily.rows][-1] == "2026-11-27"


async def test_the_whole_daily_history_is_asked_for_once_a_week(session):
    vendor = await session(DAILY_FORM, Said(DAILY_FORM.good))
    first = await vendor.ask()
    await vendor.ask(cursor=first.cursor)
    await vendor.ask(cursor={"whole": "2026-47"})
    assert [each.params["outputsize"] for each in vendor.asked] == ["full", "compact", "full"]


async def test_a_quote_is_a_price_without_a_size(session):
    vendor = await session(QUOTE_FORM, Said(QUOTE_FORM.good))
    quotes = (await vendor.ask()).quotes
    assert (list(quotes.occurred_at), list(quotes.price)) == ([1795802401 * SECOND], [232.8])
    assert list(quotes.size) == [0.0]


async def test_figures_are_exact_and_know_when_they_were_published(session):
    vendor = await session(INCOME_FORM, Said(INCOME_FORM.good))
    figures = {each.metric: each for each in (await vendor.ask()).figures}
    assert figures["revenue"].value == Decimal(102466000000)
    assert figures["eps_diluted"].value == Decimal("1.85")
    assert "shares_diluted" not in figures
    [when] = {each.published_at for each in figures.values()}
    assert when == datetime(2026, 10, 30, 10, 1, 36, tzinfo=UTC)


async def test_a_missing_observation_is_none(session):
    vendor = await session(FRED_FORM, Said(FRED_FORM.good))
    figures = (await vendor.ask()).figures
    assert [(each.day.isoformat(), str(each.value)) for each in figures] == [
        ("2026-08-01", "324.052"),
        ("2026-10-01", "325.011"),
    ]


async def test_a_burst_of_news_is_swept_to_its_end_by_time(session):
    def at(minute):
        return f"2026-11-27T17:{minute // 60:02d}:{minute % 60:02d}Z"

    everything = [article(number, at(number)) for number in range(250)]

    def say(asked):
        to = asked.params.get("to", "9999").replace("+00:00", "Z")
        since = asked.params["from"].replace("+00:00", "Z")
        older = [each for each in everything if since <= each["publishedAt"] <= to]
        return Said(articles(*sorted(older, key=lambda each: each["publishedAt"], reverse=True)[:100]))

    vendor = await session(NEWS_FORM, say)
    seen, cursor, more = set(), {"since": "2026-11-27T16:59:59+00:00"}, True
    while more:
        answer = await vendor.ask(cursor=cursor)
        seen |= {each.id for each in answer.documents}
        cursor, more = answer.cursor, answer.more
    assert len(seen) == 250
    assert cursor == {"since": "2026-11-27T17:04:09+00:00"}
    assert len(vendor.asked) == 3


async def test_a_hundred_articles_of_one_second_end_the_sweep(session):
    vendor = await session(NEWS_FORM, Said(articles(*(article(number) for number in range(100)))))
    cursor, calls, more = {"since": "2026-11-27T10:00:00+00:00"}, 0, True
    while more:
        answer = await vendor.ask(cursor=cursor)
        cursor, more, calls = answer.cursor, answer.more, calls + 1
    assert calls == 2


async def test_new_posts_are_swept_back_to_the_last_one_seen(session):
    everything = [post(number, 1795800000.0 + number) for number in range(250)][::-1]

    def say(asked):
        begin = int(asked.params.get("after", "t3_0250")[3:])
        page = [each for each in everything if int(each["data"]["name"][3:]) < begin][:100]
        return Said(listing(*page, after=page[-1]["data"]["name"] if len(page) == 100 else None))

    vendor = await session(REDDIT_FORM, say)
    cursor, seen, more = {"since": "1795800009.0"}, [], True
    while more:
        answer = await vendor.ask(cursor=cursor)
        seen += [each.id for each in answer.documents]
        cursor, more = answer.cursor, answer.more
    assert sorted(seen) == [f"t3_{number:04d}" for number in range(10, 250)]
    assert cursor == {"since": "1795800249.0"}


async def test_a_token_is_asked_for_once_and_again_when_it_is_refused(session):
    refused = []

    def say(_):
        return Said("no", 401) if refused and refused.pop() else Said(REDDIT_FORM.good)

    vendor = await session(REDDIT_FORM, say)
    await vendor.ask()
    await vendor.ask()
    tokens = [each for each in vendor.server.asked if each.method == "POST"]
    assert len(tokens) == 1
    assert tokens[0].headers["authorization"].startswith("Basic ")
    assert vendor.asked[0].headers["authorization"] == "Bearer a-token"
    refused += [True]
    assert (await vendor.fault()).problem is Problem.FAILING  # it had a token that held no longer
    await vendor.ask()
    assert sum(each.method == "POST" for each in vendor.server.asked) == 2


async def test_what_is_not_in_the_plan_is_refused_for_its_target_alone(session):
    for form, said, others_may in (
        (
            QUOTE_FORM,
            Said({"Error Message": "Premium Query Parameter: not available under your subscription"}, 402),
            True,
        ),
        (QUOTE_FORM, Said({"Error Message": "Invalid API KEY. Please retry"}, 401), False),
        (QUOTE_FORM, Said("no", 403), True),
        (INTRADAY_FORM, Said({"Information": "Thank you! This is a premium endpoint."}), True),
        (INTRADAY_FORM, Said({"Error Message": "the parameter apikey is invalid or missing."}), False),
    ):
        fault = await (await session(form, said)).fault()
        assert (fault.problem, fault.others_may) == (Problem.KEY_REFUSED, others_may), said


async def test_half_a_character_is_carried_as_none(session):
    raw = json.dumps(articles(article(1, title="up \ud83d and away"))).encode()
    assert b"ud83d" in raw
    vendor = await session(NEWS_FORM, Said(raw=raw))
    [document] = (await vendor.ask()).documents
    assert document.title == "up ? and away"


async def test_what_was_removed_is_no_text(session):
    vendor = await session(REDDIT_FORM, Said(REDDIT_FORM.good))
    assert {each.text for each in (await vendor.ask()).documents} == {""}
    assert {each.channel for each in (await vendor.ask()).documents} == {"investing"}
