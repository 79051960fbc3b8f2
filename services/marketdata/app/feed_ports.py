"""What taking a feed in needs of the world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from services.marketdata.app.subscribe_changes import Changing
from services.marketdata.domain.dataset import Dataset
from services.marketdata.domain.feed.bars import TickBar
from services.marketdata.domain.feed.records import Fault, Floats, Ints, Stream
from services.marketdata.domain.feed.rollup import Bars
from services.marketdata.domain.feed.rules import Rules
from services.marketdata.domain.feed.sessions import Sessions

if TYPE_CHECKING:
    from services.marketdata.app.list_tick_bars import TickBarRange


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message of the feed: k records of one stream, in the order in which the source gave them."""

    stream: Stream
    currency: str  # of the prices; empty: the instrument's
    occurred_at: Sequence[int]  # k of them, ns since 1970, UTC
    price: Sequence[float]
    size: Sequence[float]
    number: Sequence[int]  # the source's own; 0: none
    released: str = ""  # the id in quarantine of the one record, if it was let out by hand


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that cannot be read, as it came; what could be told of its stream, or empty."""

    stream: Stream
    payload: bytes


@dataclass(frozen=True, slots=True)
class OpenSeries:
    """A symbol's place in the store."""

    id: int
    stream: Stream  # of any source
    seq: int  # of its last tick
    bars: bytes  # how far its bars are


@dataclass(frozen=True, slots=True)
class OpenStream:
    """A stream's place in the store; `series` is None if the dataset has no such instrument."""

    id: int
    series: int | None  # index into the opened series
    currency: str  # the instrument's
    rules: Rules
    memory: bytes
    mic: str = ""  # of the market where it is traded


@dataclass(frozen=True, slots=True)
class Opened:
    """What is remembered of the asked streams, in their order, and of the symbols whose bars are due."""

    streams: Sequence[OpenStream]
    # What other sources gave of the same symbols, to be compared with.
    others: Sequence[tuple[Stream, OpenStream]]
    series: Sequence[OpenSeries]


@dataclass(frozen=True, slots=True)
class Ticks:
    """n accepted records; `series` and `stream` are ids of the store."""

    series: Ints
    stream: Ints
    seq: Ints
    occurred_at: Ints
    price: Floats
    size: Floats
    number: Ints

    def __len__(self) -> int:
        """How many."""
        return len(self.seq)


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that is kept apart. Numbers as text, since they may be none."""

    id: str
    stream: Stream
    currency: str
    fault: Fault
    occurred_at: int | None
    price: str
    size: str
    number: int
    payload: bytes | None = None  # of what cannot be read


@dataclass(frozen=True, slots=True)
class Written:
    """What a batch changed; `known_at` is when it became known."""

    known_at: datetime
    ticks: Ticks
    closed: Bars  # `symbol` is the id of the series in the store
    late: Bars  # partial: corrections of what was closed
    series: Sequence[tuple[int, int, bytes, int]]  # id, seq, how far its bars are, when the first open one ends
    streams: Sequence[tuple[int, bytes]]  # id, memory
    kept: Sequence[Kept]
    counts: Counter[tuple[Stream, int]]  # finding: 0 accepted, −1 left out by the source, else the fault
    stored: Sequence[str]  # ids in quarantine of what was let out and is accepted now


class FeedLedger(Protocol):
    """Keeps what feeds bring, inside one transaction of the caller's."""

    async def open(self, streams: Sequence[Stream], partitions: Collection[int], closing: int) -> Opened:
        """Return what is remembered of streams, making what is new, and of bars in these partitions that end by then.

        Streams of datasets that do not exist are not remembered, whatever is written of them.
        """
        ...

    async def waiting(self, released: Sequence[str]) -> set[str]:
        """Return which of these, let out of quarantine, were not stored yet."""
        ...

    async def write(self, written: Written) -> None:
        """Keep what a batch changed."""
        ...


class Calendars(Protocol):
    """Knows when exchanges trade."""

    def sessions(self, mic: str, now: datetime) -> Sessions | None:
        """Return the sessions of the weeks around a moment; None if the market is not known. May take a second."""
        ...


class FeedBus(Protocol):
    """Takes records of a feed, to be judged and stored."""

    async def send(self, records: Sequence[Incoming]) -> None:
        """Publish messages in their order; they are safe when it returns. Raises FeedUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A record that is kept apart, and what became of it."""

    kept: Kept
    knowledge_time: datetime
    released_at: datetime | None
    stored_at: datetime | None


class Quality(Protocol):
    """What was found of records, the rules, and the quarantine."""

    async def findings(self, dataset: Dataset, start: date | None, end: date | None) -> list[tuple[str, str, int, int]]:
        """Return rows of (symbol, source, finding, count), of records judged between two days, both included."""
        ...

    async def rules(self, dataset: Dataset) -> Rules:
        """Return the dataset's rules."""
        ...

    async def change_rules(self, dataset: Dataset, changes: Mapping[str, float | int]) -> Rules:
        """Change these fields, and return all rules."""
        ...

    async def quarantine(
        self, dataset: Dataset, symbol: str, fault: Fault, after: str | None, limit: int
    ) -> list[Quarantined]:
        """Return up to `limit` records behind an id, by id; an empty symbol and Fault.NONE mean all."""
        ...

    async def records(self, dataset: Dataset, ids: Sequence[str]) -> list[Quarantined]:
        """Return the dataset's records of these ids, in their order; those that there are."""
        ...

    async def mark_released(self, dataset: Dataset, ids: Sequence[str], now: datetime) -> None:
        """Keep when records were released last."""
        ...


class TickBars(Changing[TickBar], Protocol):
    """Reads bars that were rolled up from ticks; what changes of them is what is closed or corrected."""

    async def page(
        self, dataset: Dataset, asked: TickBarRange, behind: tuple[int, str] | None, limit: int
    ) -> list[TickBar]:
        """Return up to `limit` bars behind (start in ns, symbol), by start, then symbol."""
        ...


class Retention(Protocol):
    """Makes room for what comes, and drops what is too old."""

    async def keep_feed(self, now: datetime) -> bool:
        """Drop ticks and bars that are older than their intervals are kept; False while the store is away."""
        ...
