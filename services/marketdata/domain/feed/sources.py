"""The sources of records: what each gives, how often, how reliably, at what cost, and what it can be asked for.

The specification's sources, and one of macro series; one that is not named here is believed like most.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import Enum, IntEnum


class SourceType(Enum):
    """What a source tells of."""

    MARKET = "market"
    NEWS = "news"
    SOCIAL = "social"
    MACRO = "macro"
    FUNDAMENTAL = "fundamental"


class Kind(IntEnum):
    """What a feed brings."""

    INTRADAY_BARS = 1
    DAILY_BARS = 2
    QUOTES = 3
    FUNDAMENTALS = 4
    NEWS = 5
    POSTS = 6
    MACRO_SERIES = 7


@dataclass(frozen=True, slots=True)
class Asking:
    """How a kind is asked for, by default."""

    every: timedelta
    of_instruments: bool = True  # whether its targets are instruments that the dataset has
    parts: tuple[str, ...] = ("",)  # what one target takes several calls for


ASKING = {
    Kind.INTRADAY_BARS: Asking(timedelta(minutes=1)),
    Kind.DAILY_BARS: Asking(timedelta(days=1), of_instruments=False),
    Kind.QUOTES: Asking(timedelta(minutes=1)),
    Kind.FUNDAMENTALS: Asking(
        timedelta(days=1), parts=("income-statement", "balance-sheet-statement", "cash-flow-statement")
    ),
    Kind.NEWS: Asking(timedelta(hours=1)),
    Kind.POSTS: Asking(timedelta(minutes=1), of_instruments=False),
    Kind.MACRO_SERIES: Asking(timedelta(days=1), of_instruments=False),
}


@dataclass(frozen=True, slots=True)
class Source:
    """A source as the specification lists it."""

    name: str
    type: SourceType
    frequency: str  # real-time, hourly, daily
    reliability: float  # share of its records that are right, 0 to 1
    cost_per_call: Decimal  # USD
    kinds: tuple[Kind, ...]


SOURCES = {
    source.name: source
    for source in (
        Source(
            "alpha_vantage",
            SourceType.MARKET,
            "real-time",
            0.999,
            Decimal("0.01"),
            (Kind.INTRADAY_BARS, Kind.DAILY_BARS),
        ),
        Source("fmp", SourceType.FUNDAMENTAL, "daily", 0.99, Decimal("0.02"), (Kind.QUOTES, Kind.FUNDAMENTALS)),
        Source("fred", SourceType.MACRO, "daily", 0.99, Decimal("0.00"), (Kind.MACRO_SERIES,)),
        Source("news_api", SourceType.NEWS, "hourly", 0.98, Decimal("0.05"), (Kind.NEWS,)),
        Source("reddit", SourceType.SOCIAL, "real-time", 0.95, Decimal("0.00"), (Kind.POSTS,)),
    )
}
UNNAMED = 0.95


def reliability_of(source: str) -> float:
    """Return a source's reliability, 0 to 1."""
    return SOURCES[source].reliability if source in SOURCES else UNNAMED
