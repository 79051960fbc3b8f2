"""What the mirror needs of the world."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from services.marketdata.domain.feed.points import PriceRows, SentimentRow

TICKS = "raw"  # the policy that ticks are kept by
HOURS = "1hour"  # the policy that sentiment, which is added up by the hour, is kept by


class PointsUnavailable(Exception):
    """The store of points does not take any now, for the reason given; what it was told may be told again."""


@dataclass(frozen=True, slots=True)
class News:
    """What the points do not have yet."""

    prices: Sequence[PriceRows]
    sentiment: Sequence[SentimentRow]
    gone: Sequence[str]  # ids of datasets that exist no more


class Turn(Protocol):
    """One replica's turn: as long as it lasts no other has one."""

    @property
    def idle(self) -> bool:
        """Whether nothing is new."""
        ...

    @property
    def behind(self) -> bool:
        """Whether more is new than `news` will tell of."""
        ...

    @property
    def owed(self) -> int | None:
        """Since when, ns since 1970, candles may lack ticks that the points have."""
        ...

    async def news(self) -> News:
        """Return what is new behind the kept place, as much as is told at once."""
        ...

    async def keep(self, owed: int | None, now: int) -> None:
        """Keep that the news were written by now, and what is owed."""
        ...

    async def pay(self, left: int | None) -> None:
        """Keep what is still owed."""
        ...


class Journal(Protocol):
    """What is stored, in the order in which it came, and how far the points have it."""

    def turn(self) -> AbstractAsyncContextManager[Turn | None]:
        """Take a turn; what it kept counts once it ends well. None while another replica has one."""
        ...

    async def start_over(self) -> None:
        """Forget how far the points have it: they are gone."""
        ...

    async def owe(self) -> None:
        """Take it that no candle has been rolled up since something was kept last."""
        ...


class PointStore(Protocol):
    """Keeps points for tools that read them. All of it raises PointsUnavailable."""

    async def exists(self) -> bool:
        """Tell whether there is such a store."""
        ...

    async def lay_out(self) -> None:
        """Make the store, how long it keeps what, and the candles it rolls up of ticks; what is so already stays."""
        ...

    async def write(self, policy: str, lines: Sequence[str]) -> int:
        """Keep points; return how many were refused for good, being older than what the policy keeps."""
        ...

    async def roll_up(self, start: int, end: int, now: int) -> None:
        """Roll candles up anew of all ticks from `start` up to `end`, ns since 1970, as far as they are kept now.

        An interval that goes on beyond the end is rolled up as far as it is told of.
        """
        ...

    async def forget(self, dataset_id: str) -> None:
        """Drop all points of a dataset."""
        ...


class Report(Protocol):
    """Is told how the mirror fares."""

    def interrupted(self, why: str) -> None:
        """The store of points is away; told once."""
        ...

    def resumed(self) -> None:
        """It is back."""
        ...

    def refused(self, policy: str, points: int) -> None:
        """It did not keep some points."""
        ...
