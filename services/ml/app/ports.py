"""What the use case needs from outside, and how that can fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeVar

from services.ml.domain.history import Returns

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class DatasetQuery:
    """Which returns of a dataset: no symbols means all, no `end` the last session, no `as_of` now (UTC)."""

    dataset: str
    symbols: Sequence[str]
    as_of: datetime | None = None


class ReturnsHistory(Protocol):
    """Where the returns of a dataset are kept."""

    async def returns(self, query: DatasetQuery, *, end: date | None, lookback: int) -> Returns:
        """The last `lookback` returns up to `end`; fewer where the history is shorter.

        Raises DatasetNotFound, InstrumentNotFound, NoSessions, HistoryTooLarge or PeerUnavailable.
        """
        ...


class Workers(Protocol):
    """Threads in which arithmetic may take its time."""

    async def run(self, work: Callable[[], Result]) -> Result:
        """What `work` returns or raises, without holding up the event loop."""
        ...


@dataclass
class DatasetNotFound(Exception):
    """There is no such dataset, or the caller may not see it."""

    dataset: str

    def __str__(self) -> str:
        return f"there is no dataset {self.dataset!r} that you may read"


@dataclass
class InstrumentNotFound(Exception):
    """The dataset lacks instruments; `symbols` names them, separated by commas."""

    symbols: str

    def __str__(self) -> str:
        return f"the dataset has no instrument {self.symbols}"


class NoSessions(Exception):
    """The dataset has no two sessions in the window, hence not one return."""


class HistoryTooLarge(Exception):
    """So many symbols over so many sessions do not fit into one answer of marketdata."""

    def __str__(self) -> str:
        return "so many returns do not fit into one message"


@dataclass
class PeerUnavailable(Exception):
    """A service that the call needs does not answer."""

    peer: str

    def __str__(self) -> str:
        return f"{self.peer} does not answer; try again"
