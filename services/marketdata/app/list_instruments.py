"""ListInstruments: what a dataset holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.marketdata.app.access import members, readable
from services.marketdata.app.paging import Page, paged
from services.marketdata.app.ports import Datasets
from services.marketdata.domain.dataset import Caller, Instrument


@dataclass(frozen=True, slots=True)
class ListInstruments:
    """Lists instruments by symbol."""

    datasets: Datasets

    async def __call__(
        self, caller: Caller, dataset: str, symbols: Sequence[str], after: Sequence[str], page_size: int
    ) -> Page[Instrument]:
        """Return the page behind (symbol) of these symbols; without any, of all.

        Raises DatasetNotFound, InstrumentNotFound.
        """
        found = await readable(self.datasets, caller, dataset)
        if symbols:
            await members(self.datasets, found, symbols)
        size, limit = paged(page_size)
        rows = await self.datasets.instruments(found, symbols, after[0] if after else "", limit)
        return Page.of(rows, size, lambda instrument: (instrument.symbol,))
