"""Lines of InfluxDB's protocol say what they were made of, whatever that is."""

import math
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.marketdata.domain.feed.points import PriceRows, SentimentRow, line, price_lines, sentiment_lines

NOW = 1_795_972_038_000_000_001
TICK = PriceRows("d-1", "BRK.B", "XNYS", "alpha_vantage", [NOW], [150.25], [3.0], [0])
MOOD = SentimentRow("d-1", "AAPL", "reddit", "investing", NOW, 0.65, 127, 0.85, 0.78)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text('\\,= "\n\ta#', max_size=12)
names = texts.filter(bool)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1)
times = st.integers(-(2**62), 2**62)


def parsed(text):
    """The measurement, tags, fields and time that a line says; it must be one line, and nothing more."""
    assert "\n" not in text
    head, fields, at = unescaped_split(text, " ")
    measurement, *tags = unescaped_split(head, ",")
    tags = [tuple(unescaped_split(tag, "=")) for tag in tags]
    fields = [tuple(unescaped_split(field, "=")) for field in unescaped_split(fields, ",")]
    assert all(len(pair) == 2 and all(pair) for pair in [*tags, *fields])
    assert len(dict(tags)) == len(tags)
    assert re.fullmatch(r"-?[0-9]+", at)
    return plain(measurement), {plain(k): plain(v) for k, v in tags}, {plain(k): number(v) for k, v in fields}, int(at)


def unescaped_split(text, separator):
    """As the server looks for it: a separator counts unless a backslash stands before it."""
    return re.split(rf"(?<!\\){separator}", text)


def plain(text):
    assert not text.endswith("\\")
    return re.sub(r"\\([,= ])", r"\1", text)


def number(text):
    if text.endswith("i"):
        return int(text[:-1])
    assert math.isfinite(float(text))
    return float(text)


def shown(text):
    """The text but for what no line can say: control characters, and backslashes before what needs an escape."""
    seen = "".join(chr(0x2400 + ord(c)) if ord(c) < 32 else "\u2421" if ord(c) == 127 else c for c in text)
    return re.sub(r"\\(?=[,= ]|$)", "\u29f5", seen)


def told_apart(named):
    """Of names that look alike in a line, one."""
    return {name: named[name] for name in {shown(name): name for name in named}.values()}


@given(names, st.dictionaries(names, texts, max_size=4), st.dictionaries(names, numbers, min_size=1, max_size=4), times)
@example('a\\ \\="b', {"k\\": '\\ \\="', "#": "\n"}, {"v": 1}, 0)
def test_a_line_says_what_it_was_made_of(measurement, tags, fields, at):
    tags, fields = told_apart(tags), told_apart(fields)
    read = parsed(line(measurement, tags, fields, at))
    said = {shown(name): shown(value) for name, value in tags.items() if value}
    assert read == (shown(measurement), said, {shown(name): value for name, value in fields.items()}, at)
    assert [type(value) for value in read[2].values()] == [type(value) for value in fields.values()]


@given(texts, names, texts, names, st.lists(st.tuples(times, numbers.map(float), numbers.map(float)), max_size=5))
def test_every_tick_is_a_line_of_the_specified_tags_and_fields(dataset, symbol, exchange, source, ticks):
    at, price, size = ([tick[n] for tick in ticks] for n in range(3))
    lines = list(price_lines([PriceRows(dataset, symbol, exchange, source, at, price, size, [0] * len(ticks))]))
    tags = {"dataset": dataset, "symbol": symbol, "exchange": exchange, "data_source": source}
    assert lines == [line("prices", tags, {"price": price, "volume": size}, at) for at, price, size in ticks]


def test_a_tick_reads_as_the_specification_has_it():
    assert list(price_lines([TICK])) == [
        f"prices,data_source=alpha_vantage,dataset=d-1,exchange=XNYS,symbol=BRK.B price=150.25,volume=3.0 {NOW}"
    ]


def test_a_tick_of_an_unknown_exchange_names_none():
    [text] = price_lines([TICK._replace(exchange="")])
    assert parsed(text)[1] == {"data_source": "alpha_vantage", "dataset": "d-1", "symbol": "BRK.B"}


def test_ticks_of_one_nanosecond_are_told_apart_by_how_many_came_before():
    rows = PriceRows("d-1", "A", "", "replay", [NOW] * 3, [1.0, 2.0, 3.0], [1.0] * 3, [0, 1, 2])
    assert [parsed(text)[1].get("n") for text in price_lines([rows])] == [None, "1", "2"]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_no_field(bad):
    assert list(price_lines([TICK._replace(price=[bad]), TICK._replace(size=[bad])])) == []
    [text] = sentiment_lines([MOOD._replace(score=bad)])
    assert "sentiment_score" not in parsed(text)[2]
    with pytest.raises(ValueError, match="needs a field"):
        line("m", {}, {"v": bad}, 0)


def test_sentiment_reads_as_the_specification_has_it():
    [text] = sentiment_lines([MOOD])
    tags = {"symbol": "AAPL", "source": "reddit", "subreddit": "investing", "dataset": "d-1"}
    fields = {"sentiment_score": 0.65, "post_count": 127, "upvote_ratio": 0.85, "confidence": 0.78}
    assert parsed(text) == ("sentiment", tags, fields, NOW)
    assert "post_count=127i" in text


def test_sentiment_without_a_channel_or_votes_says_neither():
    [text] = sentiment_lines([MOOD._replace(channel="", upvote_ratio=None)])
    _, tags, fields, _ = parsed(text)
    assert (sorted(tags), sorted(fields)) == (
        ["dataset", "source", "symbol"],
        ["confidence", "post_count", "sentiment_score"],
    )
