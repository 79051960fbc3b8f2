"""ListCloses: what holdings are valued at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.marketdata.app.access import members, readable
from services.marketdata.app.ports import Bars, Datasets
from services.marketdata.domain.dataset import Caller, Close


@dataclass(frozen=True, slots=True)
class ListCloses:
    """Lists the last closes."""

    datasets: Datasets
    bars: Bars

    async def __call__(
        self, caller: Caller, dataset: str, symbols: Sequence[str], session: date | None, as_of: datetime | None
    ) -> list[Close]:
        """Return each symbol's last close on or before the session, by symbol.

        Raises DatasetNotFound, InstrumentNotFound; a symbol without a close in time is left out.
        """
        found = await readable(self.datasets, caller, dataset)
        return await self.bars.closes(await members(self.datasets, found, symbols), session, as_of)
