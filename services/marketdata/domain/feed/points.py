"""What is stored, as points of InfluxDB: one line each, in its line protocol.

A point is known by its measurement, tags and time. Whatever is sent again has the same ones, and so takes its own
place: nothing is doubled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import NamedTuple

PRICES, SENTIMENT = "prices", "sentiment"  # measurements

# What no line can hold: a line break, and a backslash that would escape what stands behind it. They are shown instead.
_SHOWN = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}
_ESCAPING = re.compile(r"\\(?=[,= ]|\Z)")
_BACKSLASH = "\u29f5"


class PriceRows(NamedTuple):
    """Ticks of a symbol from one source, as they are stored; in columns, of one length."""

    dataset: str  # id
    symbol: str
    exchange: str  # MIC; empty: unknown
    source: str
    occurred_at: Sequence[int]  # ns since 1970, UTC
    price: Sequence[float]
    size: Sequence[float]
    earlier: Sequence[int]  # ticks that were stored before it and occurred in the same nanosecond


class SentimentRow(NamedTuple):
    """How what was written about a symbol in one interval sounds."""

    dataset: str  # id
    symbol: str
    source: str
    channel: str  # empty: none
    start: int  # ns since 1970, UTC
    score: float
    posts: int
    upvote_ratio: float | None
    confidence: float


def price_lines(rows: Iterable[PriceRows]) -> Iterator[str]:
    """A line for each tick whose numbers are finite; of those in the same nanosecond all but the first are numbered."""
    for row in rows:
        tags = {"data_source": row.source, "dataset": row.dataset, "exchange": row.exchange, "symbol": row.symbol}
        first = _head(PRICES, tags)
        for at, price, size, earlier in zip(row.occurred_at, row.price, row.size, row.earlier, strict=True):
            if isfinite(price) and isfinite(size):
                head = _head(PRICES, tags | {"n": str(earlier)}) if earlier else first
                yield f"{head} price={float(price)!r},volume={float(size)!r} {at}"


def sentiment_lines(rows: Iterable[SentimentRow]) -> Iterator[str]:
    """A line for each row; numbers that are unknown or not finite are left out."""
    for row in rows:
        tags = {"dataset": row.dataset, "source": row.source, "subreddit": row.channel, "symbol": row.symbol}
        fields = {"sentiment_score": row.score, "post_count": row.posts, "confidence": row.confidence}
        if row.upvote_ratio is not None:
            fields["upvote_ratio"] = row.upvote_ratio
        yield line(SENTIMENT, tags, fields, row.start)


def line(measurement: str, tags: Mapping[str, str], fields: Mapping[str, float], at: int) -> str:
    """Any point, at a time in ns since 1970; an int is written as an integer. Raises ValueError without a number."""
    values = [f"{_escaped(name)}={_number(value)}" for name, value in fields.items() if isfinite(value)]
    if not values:
        raise ValueError("a point needs a field")
    return f"{_head(measurement, tags)} {','.join(values)} {at}"


def _head(measurement: str, tags: Mapping[str, str]) -> str:
    """Tags lie by name, as the server would have to lay them; an empty one is none."""
    said = (f"{_escaped(name)}={_escaped(value)}" for name, value in sorted(tags.items()) if value)
    return ",".join([_escaped(measurement), *said])


def _escaped(text: str) -> str:
    """A name or a tag's value. A measurement's `=` needs no escape, and bears one."""
    safe = _ESCAPING.sub(_BACKSLASH, text.translate(_SHOWN))
    return safe.replace(",", "\\,").replace("=", "\\=").replace(" ", "\\ ")


def _number(value: float) -> str:
    return f"{value}i" if isinstance(value, int) else repr(float(value))
