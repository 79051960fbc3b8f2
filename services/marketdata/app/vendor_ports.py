"""What asking vendors needs of the world."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from services.marketdata.domain.actions import Action
from services.marketdata.domain.alternative.records import Document, Figure
from services.marketdata.domain.dataset import Caller, Dataset
from services.marketdata.domain.feed.allowance import Allowance, Problem, Rate
from services.marketdata.domain.feed.pulls import Feed, FeedName, Pull, Target
from services.marketdata.domain.table import Table


@dataclass(frozen=True, slots=True)
class Quotes:
    """k prices of one target in the order in which they happened."""

    occurred_at: Sequence[int]  # ns since 1970, UTC
    price: Sequence[float]
    size: Sequence[float]  # units traded; 0: a quote


@dataclass(frozen=True, slots=True)
class Answer:
    """What a vendor told of a target, and how far it is now."""

    cursor: Mapping[str, str]
    quotes: Quotes | None = None
    daily: Table | None = None  # in the long layout, under the target's own symbol
    actions: Sequence[Action] = ()
    documents: Sequence[Document] = ()
    figures: Sequence[Figure] = ()
    etag: str = ""
    more: bool = False  # whether the rest is to be had at once
    skew: float | None = None  # s that the vendor's clock is ahead of ours
    wait: timedelta | None = None  # that the vendor asks for before the next call


class VendorFault(Exception):
    """A vendor gave no answer that can be used."""

    def __init__(
        self,
        problem: Problem,
        what: str,
        *,
        wait: timedelta | None = None,
        for_today: bool = False,
        others_may: bool = False,
    ) -> None:
        super().__init__(what)  # in words of ours: a vendor's own may hold the key
        self.problem = problem
        self.wait = wait  # that it asks for
        self.for_today = for_today  # the day's quota is spent
        self.others_may = others_may  # the key is refused this target alone


class NotNow(Exception):
    """No call may be made before a time."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"no call may be made before {until.isoformat()}")
        self.until = until


# Asked for before every single call. Raises NotNow.
Permit = Callable[[], Awaitable[None]]


class Vendor(Protocol):
    """Somebody who is asked for data."""

    async def ask(self, pull: Pull, permit: Permit) -> Answer:
        """Return what the vendor tells of a target. Raises VendorFault, NotNow."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """The installation's way to a vendor."""

    rate: Rate
    settings: Sequence[str]  # names of what must be set for it
    vendor: Vendor | None = None  # None: there is no key


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a pull."""

    due_at: datetime
    calls: int
    cursor: Mapping[str, str] | None = None  # None: as it was
    etag: str = ""
    records: int = 0
    problem: Problem = Problem.NONE
    at: datetime | None = None  # when it succeeded or failed; None: it was not even tried
    failures: int = 0


class Feeds(Protocol):
    """Feeds from vendors, and what is due of them."""

    async def start(
        self, caller: Caller, feed: FeedName, targets: Sequence[Target], every: timedelta, now: datetime
    ) -> Feed:
        """Start a feed, or change it; what is new is due now. Raises DatasetNotFound, Unauthenticated."""
        ...

    async def stop(self, feed: FeedName) -> Feed | None:
        """Stop a feed; None if there is none."""
        ...

    async def of_dataset(self, dataset: Dataset) -> list[Feed]:
        """Return all feeds of a dataset, by source, then kind."""
        ...

    async def claim(self, source: str, now: datetime, until: datetime, limit: int) -> list[Pull]:
        """Lease up to `limit` pulls of a source that are due, those first that are due longest."""
        ...

    async def keep(self, pull: Pull, told: Told) -> None:
        """Keep what became of a pull and end its lease; without effect if the lease ran out or the target is gone."""
        ...


class Allowances(Protocol):
    """How the sources fare; changed one after the other by all replicas."""

    async def change(self, source: str, change: Callable[[Allowance], Allowance]) -> Allowance:
        """Keep and return what becomes of a source's state."""
        ...

    async def all(self) -> Mapping[str, Allowance]:
        """Return the states that there are."""
        ...


class AlternativeBus(Protocol):
    """Takes documents and figures, to be linked, scored and stored."""

    async def send(
        self, dataset_id: str, source: str, documents: Sequence[Document], figures: Sequence[Figure] = ()
    ) -> None:
        """Publish; they are safe when it returns. Raises FeedUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Vendors:
    """The installation's sources."""

    access: Mapping[str, Access] = field(default_factory=dict)

    def configured(self) -> list[str]:
        """Names of those that can be asked."""
        return [name for name, access in self.access.items() if access.vendor is not None]

    def of(self, source: str) -> tuple[Vendor, Rate] | None:
        """A vendor and its rate, or None."""
        access = self.access.get(source)
        return None if access is None or access.vendor is None else (access.vendor, access.rate)
