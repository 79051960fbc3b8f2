"""What the use cases need of the world."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from services.marketdata.domain.dataset import Bar, Caller, Close, Dataset, Instrument, Visibility
from services.marketdata.domain.prices import IntArray, Prices
from services.marketdata.domain.replay import Replay, ReplayState
from services.marketdata.domain.returns import Closes
from services.marketdata.domain.table import Table
from services.marketdata.domain.ticks import Batch, FeedState, Position, Quote, StoredTick
from services.marketdata.domain.updates import InstrumentUpdate


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """Return the present time, aware, UTC."""
        ...


class Ids(Protocol):
    """Names for new things."""

    def new(self) -> str:
        """Return a UUIDv7 never returned before."""
        ...


class Timer(Protocol):
    """Durations, and waiting for a moment or an event, whichever comes first."""

    def monotonic(self) -> float:
        """Return seconds of a clock that only rises."""
        ...

    async def wait(self, event: asyncio.Event, until: float) -> bool:
        """Wait for the event, until `monotonic()` reaches `until`; tell whether the event was set."""
        ...


class ParquetReader(Protocol):
    """Reads Apache Parquet."""

    def table(self, data: bytes, max_bytes: int) -> Table:
        """Return the file's rows. Raises UnreadableUpload, UploadTooLarge beyond `max_bytes` unpacked."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """Bars to be stored in the caller's dataset of this id or name; a name that is free makes a new one."""

    caller: Caller
    dataset: str
    visibility: Visibility
    currency: str
    prices: Prices
    now: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """What storing an upload changed; `bars` were written, of which `corrected` replace an earlier version."""

    bars: int
    corrected: int
    unchanged: int
    instruments_created: int


class Datasets(Protocol):
    """The datasets, and the instruments in them."""

    async def find(self, caller: Caller, dataset: str) -> Dataset | None:
        """Return the dataset of this id, or of this name in the caller's tenant, if the caller may see it."""
        ...

    async def page(self, caller: Caller, after: Sequence[str], limit: int) -> list[Dataset]:
        """Return up to `limit` datasets that the caller may read behind (name, id), by name, then id."""
        ...

    async def instruments(self, dataset: Dataset, symbols: Sequence[str], after: str, limit: int) -> list[Instrument]:
        """Return up to `limit` instruments behind the symbol `after`, by symbol; only these, if some are named."""
        ...

    async def members(self, dataset: Dataset, symbols: Sequence[str]) -> list[Member]:
        """Return the dataset's instruments of these symbols, in their order; all by symbol if there are none."""
        ...


@dataclass(frozen=True, slots=True)
class Member:
    """An instrument of a dataset as reads of prices need it; `start` is its first session with a bar."""

    id: str
    symbol: str
    start: date | None


@dataclass(frozen=True, slots=True)
class Amendment:
    """What the caller says of instruments of their dataset, each named once."""

    caller: Caller
    dataset: Dataset
    updates: Sequence[InstrumentUpdate]
    now: datetime


class InstrumentStore(Protocol):
    """Keeps what is known of instruments."""

    async def update(self, amendment: Amendment) -> list[Instrument]:
        """Update all or nothing, and return the instruments after it, in the order of the updates.

        What changed is told. Raises InstrumentNotFound, DatasetNotFound if the dataset was deleted meanwhile, and
        Unauthenticated if the caller's account was.
        """
        ...


class PriceStore(Protocol):
    """Takes uploads in."""

    async def store(self, delivery: Delivery, *, keep: bool) -> Stored:
        """Store the bars in one transaction, making the dataset and instruments that do not exist.

        The bars become known `now`, or right after the dataset's last upload if that was not earlier. With
        keep = False everything is done and undone again: what is returned is what would happen.
        What changed is told. Raises DatasetNotFound for an id, NotOwner, CurrencyMismatch, and Unauthenticated if the
        caller's account was deleted.
        """
        ...


class Bars(Protocol):
    """Reads prices as QPO knew them at `as_of`; None is now."""

    async def page(self, query: BarQuery, after: Sequence[str], limit: int) -> list[Bar]:
        """Return up to `limit` bars behind (session, symbol), by session, then symbol."""
        ...

    async def closes(self, members: Sequence[Member], session: date | None, as_of: datetime | None) -> list[Close]:
        """Return each member's last close on or before the session, by symbol."""
        ...

    async def adjusted(
        self, members: Sequence[Member], end: date | None, sessions: int, as_of: datetime | None
    ) -> Closes:
        """Return each member's last adjusted closes, `sessions` of them at most, on or before `end`."""
        ...

    async def starts(self, members: Sequence[Member], as_of: datetime) -> list[date | None]:
        """Return each member's first session with a bar that was known at `as_of`."""
        ...

    async def sessions(
        self, members: Sequence[Member], start: date | None, end: date | None, as_of: datetime
    ) -> IntArray:
        """Return the ordinals of the sessions that the members have together, rising."""
        ...

    async def between(self, members: Sequence[Member], first: int, last: int, as_of: datetime) -> Closes:
        """Return the members' unadjusted closes of the sessions between two ordinals, both included."""
        ...


class KnownCloses(Protocol):
    """Closes that were read before, each at the dataset's revision of then. Never fails: not to know is no error."""

    async def find(self, dataset: Dataset, symbols: Sequence[str], session: date | None) -> list[Close] | None:
        """Each symbol's last close on or before the session, at the dataset's revision, by symbol; or None."""
        ...

    def keep(self, dataset: Dataset, symbols: Sequence[str], session: date | None, closes: Sequence[Close]) -> None:
        """Keep what these symbols were found to have; the dataset is as it was before they were read."""
        ...


@dataclass(frozen=True, slots=True)
class BarQuery:
    """Which bars; without members, all of the dataset."""

    dataset: Dataset
    members: Sequence[Member]
    start: date | None
    end: date | None
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class RequestKey:
    """What makes a repeated request recognizable: its id, empty if there is none, and its body."""

    request_id: str
    body: bytes


class Leavings(Protocol):
    """What a user leaves behind; all is deleted and told in one transaction, or none of it."""

    async def depart(self, user_id: str) -> None:
        """Let a user leave: nothing new of theirs is stored from now on."""
        ...

    async def delete_replays(self, user_id: str) -> None:
        """Delete the user's replays; the end of those that run is told, and who plays them sees that they are gone."""
        ...

    async def stop_feeds(self, user_id: str) -> None:
        """Stop the user's feeds: nothing more is asked of vendors for them."""
        ...

    async def private_datasets(self, user_id: str) -> list[Dataset]:
        """Return the user's datasets that are not shared, held against other writers."""
        ...

    async def delete(self, dataset: Dataset) -> None:
        """Delete a dataset with its prices, replays and ticks, and tell it."""
        ...


class Replays(Protocol):
    """The rows of replays. A running one whose process died, so that its lease ran out, reads as stopped.

    Each start and each end is told, once and in the transaction that keeps it.
    """

    async def start(self, caller: Caller, replay: Replay, request: RequestKey, limit: int) -> tuple[Replay, bool]:
        """Add a running replay and tell that it is new; or return the one that this request made before.

        Raises TooMany if the caller has `limit` running ones, Unauthenticated if their account was deleted.
        """
        ...

    async def find(self, caller: Caller, replay_id: str) -> Replay | None:
        """Return the replay if the caller may read its dataset."""
        ...

    async def advance(self, replay_id: str, position: date | None, played: int) -> bool:
        """Keep how far a replay is and renew its lease; tell whether it may go on."""
        ...

    async def end(self, replay_id: str, state: ReplayState, position: date | None, played: int) -> None:
        """Keep the end of a replay, unless it has ended already."""
        ...

    async def stop(self, caller: Caller, replay_id: str) -> None:
        """Mark the caller's running replay stopped; the process that plays it sees it when it advances."""
        ...

    async def forget(self) -> None:
        """Forget the requests that can no longer be repeated, and end the replays that died with their process.

        Without effect while the store is away.
        """
        ...


class TickBus(Protocol):
    """Carries ticks between processes and keeps the last of them. Every method raises FeedUnavailable."""

    async def check(self) -> None:
        """Return if the bus answers."""
        ...

    async def publish(self, dataset_id: str, sessions: Sequence[tuple[date, Sequence[Quote]]]) -> None:
        """Number and publish each session's prices as one batch."""
        ...

    async def show(self, dataset_id: str, ticks: Sequence[StoredTick]) -> None:
        """Publish stored ticks in their order, by their numbers each once however often it is shown."""
        ...

    async def forget(self, dataset_id: str) -> None:
        """Forget the ticks of a dataset that is gone."""
        ...

    async def load(self, dataset_id: str) -> FeedState:
        """Return all that is kept of a dataset, at one moment."""
        ...

    def follow(self, dataset_id: str) -> AbstractAsyncContextManager[TickFollower]:
        """Open a connection that waits for batches."""
        ...


class TickFollower(Protocol):
    """Waits for batches on one connection."""

    async def behind(self, position: Position) -> Sequence[Batch]:
        """Wait a moment for batches behind the position; none if none came.

        Raises PositionLost if the bus counts anew since.
        """
        ...


class PositionLost(Exception):
    """The bus does not know the position: it lost its state, and counts anew."""


Chunks = AsyncIterator[bytes]
