"""Feeds from vendors: what one is asked for, how far that is, and when it is asked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.marketdata.domain.dataset import Caller
from services.marketdata.domain.feed.allowance import Problem
from services.marketdata.domain.feed.sources import Kind

FIRST_PAUSE = timedelta(seconds=1)  # before what failed is asked again; then doubling
LONGEST_PAUSE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class FeedName:
    """A dataset has one feed of each source and kind."""

    dataset_id: str
    source: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Target:
    """What a source is asked for: the dataset's word and, if it is another, the source's."""

    symbol: str
    vendor_symbol: str = ""

    @property
    def asked(self) -> str:
        """The word that the source knows."""
        return self.vendor_symbol or self.symbol


@dataclass(frozen=True, slots=True)
class Pull:
    """One target, or part of one, that is due: leased to one replica."""

    feed: FeedName
    owner: Caller
    target: Target
    part: str
    every: timedelta
    cursor: Mapping[str, str]  # how far it is, in the source's own words
    etag: str
    failures: int  # in a row
    lease: str  # UUID; whose lease ran out keeps nothing any more


@dataclass(frozen=True, slots=True)
class TargetStatus:
    """How a target fares, its parts together."""

    target: Target
    calls: int
    records: int
    succeeded_at: datetime | None
    due_at: datetime
    problem: Problem
    failed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed with all its targets, by symbol."""

    name: FeedName
    running: bool
    every: timedelta
    created_at: datetime
    targets: Sequence[TargetStatus]


def pause(failures: int, chance: float) -> timedelta:
    """Return how long to wait after so many failures in a row; `chance` in [0, 1) spreads those who wait.

    Between half of it and all of it: whoever failed together does not come back together.
    """
    whole = min(FIRST_PAUSE * 2 ** min(failures - 1, 16), LONGEST_PAUSE)
    return timedelta(seconds=whole.total_seconds() * (0.5 + 0.5 * chance))
