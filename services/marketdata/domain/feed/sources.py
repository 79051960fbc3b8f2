"""The sources of records: what kind of data each gives, how often, how reliably and at what cost.

The specification's sources; one that it does not name is believed like most.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum


class SourceType(Enum):
    """What a source tells of."""

    MARKET = "market"
    NEWS = "news"
    SOCIAL = "social"
    MACRO = "macro"
    FUNDAMENTAL = "fundamental"


@dataclass(frozen=True, slots=True)
class Source:
    """A source as the specification lists it."""

    name: str
    type: SourceType
    frequency: str  # real-time, hourly, daily
    reliability: float  # share of its records that are right, 0 to 1
    cost_per_call: Decimal  # USD


SOURCES = {
    source.name: source
    for source in (
        Source("alpha_vantage", SourceType.MARKET, "real-time", 0.999, Decimal("0.01")),
        Source("reddit", SourceType.SOCIAL, "real-time", 0.95, Decimal("0.0")),
        Source("news_api", SourceType.NEWS, "hourly", 0.98, Decimal("0.05")),
        Source("fmp", SourceType.FUNDAMENTAL, "daily", 0.99, Decimal("0.02")),
    )
}
UNNAMED = 0.95


def reliability_of(source: str) -> float:
    """Return a source's reliability, 0 to 1."""
    return SOURCES[source].reliability if source in SOURCES else UNNAMED
