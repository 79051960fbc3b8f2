"""GetReturns: simple returns of adjusted closes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.marketdata.app.access import members, readable
from services.marketdata.app.ports import Bars, Datasets, Member
from services.marketdata.domain.dataset import Caller
from services.marketdata.domain.returns import ReturnsWindow, returns_window

DEFAULT_LOOKBACK = 756


@dataclass(frozen=True, slots=True)
class ReturnsAsked:
    """Which returns; no symbols mean all, lookback 0 means 756 sessions, None is open."""

    dataset: str
    symbols: Sequence[str]
    end: date | None
    lookback: int
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Returns:
    """The window, and each column's symbol and first session with a bar."""

    symbols: Sequence[str]
    starts: Sequence[date | None]
    window: ReturnsWindow


@dataclass(frozen=True, slots=True)
class GetReturns:
    """Gets returns."""

    datasets: Datasets
    bars: Bars

    async def __call__(self, caller: Caller, asked: ReturnsAsked) -> Returns:
        """Return the last `lookback` returns. Raises DatasetNotFound, InstrumentNotFound, NoSessions."""
        dataset = await readable(self.datasets, caller, asked.dataset)
        named = await members(self.datasets, dataset, asked.symbols)
        lookback = asked.lookback or DEFAULT_LOOKBACK
        # The last T + 1 sessions of the union lie among each symbol's last T + 1.
        closes = await self.bars.adjusted(named, asked.end, lookback + 1, asked.as_of)
        window = await asyncio.to_thread(returns_window, closes, len(named), lookback)
        return Returns([member.symbol for member in named], await self._starts(named, asked.as_of), window)

    async def _starts(self, named: Sequence[Member], as_of: datetime | None) -> list[date | None]:
        if as_of is None:
            return [member.start for member in named]
        return await self.bars.starts(named, as_of)
