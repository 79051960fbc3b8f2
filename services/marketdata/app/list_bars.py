"""ListBars: prices as they were known at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.marketdata.app.access import members, readable
from services.marketdata.app.corporate_actions import Adjusting
from services.marketdata.app.paging import Page, paged
from services.marketdata.app.ports import BarQuery, Bars, Datasets
from services.marketdata.domain.actions import Adjustment
from services.marketdata.domain.dataset import Bar, Caller


@dataclass(frozen=True, slots=True)
class BarRange:
    """Which bars are asked for; no symbols mean all, None is open."""

    dataset: str
    symbols: Sequence[str]
    start: date | None
    end: date | None
    as_of: datetime | None
    adjustment: Adjustment = Adjustment.NONE


@dataclass(frozen=True, slots=True)
class ListBars:
    """Lists bars by session, then symbol."""

    datasets: Datasets
    bars: Bars
    adjusting: Adjusting

    async def __call__(self, caller: Caller, asked: BarRange, after: Sequence[str], page_size: int) -> Page[Bar]:
        """Return the page behind (session, symbol).

        Raises DatasetNotFound, InstrumentNotFound, DividendNotAdjustable.
        """
        dataset = await readable(self.datasets, caller, asked.dataset)
        named = await members(self.datasets, dataset, asked.symbols) if asked.symbols else []
        size, limit = paged(page_size)
        query = BarQuery(dataset, named, asked.start, asked.end, asked.as_of)
        found = await self.bars.page(query, after, limit)
        page = Page.of(found, size, lambda bar: (bar.session.isoformat(), bar.symbol))
        return replace(page, rows=await self.adjusting.bars(dataset, page.rows, asked.adjustment, asked.as_of))
