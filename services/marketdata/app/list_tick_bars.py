"""ListTickBars: bars rolled up from ticks, as they were known at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.marketdata.app.access import members, readable
from services.marketdata.app.corporate_actions import Adjusting
from services.marketdata.app.feed_ports import TickBars
from services.marketdata.app.paging import Page, paged
from services.marketdata.app.ports import Datasets
from services.marketdata.domain.actions import Adjustment
from services.marketdata.domain.dataset import Caller
from services.marketdata.domain.feed.bars import TickBar


@dataclass(frozen=True, slots=True)
class TickBarRange:
    """Which bars are asked for: `width` s long each; no symbols mean all, None is open."""

    dataset: str
    width: int
    symbols: Sequence[str]
    start: datetime | None
    end: datetime | None
    as_of: datetime | None
    adjustment: Adjustment = Adjustment.NONE


@dataclass(frozen=True, slots=True)
class ListTickBars:
    """Lists bars by start, then symbol."""

    datasets: Datasets
    bars: TickBars
    adjusting: Adjusting

    async def __call__(
        self, caller: Caller, asked: TickBarRange, after: Sequence[str], page_size: int
    ) -> Page[TickBar]:
        """Return the page behind (start in ns, symbol).

        Raises DatasetNotFound, InstrumentNotFound, DividendNotAdjustable.
        """
        dataset = await readable(self.datasets, caller, asked.dataset)
        if asked.symbols:
            await members(self.datasets, dataset, asked.symbols)
        size, limit = paged(page_size)
        behind = (int(after[0]), after[1]) if after else None
        found = await self.bars.page(dataset, asked, behind, limit)
        page = Page.of(found, size, lambda bar: (str(bar.start), bar.symbol))
        return replace(page, rows=await self.adjusting.tick_bars(dataset, page.rows, asked.adjustment, asked.as_of))
