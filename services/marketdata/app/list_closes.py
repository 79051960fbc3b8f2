"""ListCloses: what holdings are valued at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from services.marketdata.app.access import members, readable
from services.marketdata.app.ports import Bars, Datasets, KnownCloses
from services.marketdata.domain.dataset import Caller, Close, Dataset

# Beyond that one statement reads them sooner than they are found one by one.
MOST_KNOWN = 200


class UnknownCloses:
    """The port KnownCloses where nothing is kept."""

    async def find(self, dataset: Dataset, symbols: Sequence[str], session: date | None) -> list[Close] | None:  # noqa: ARG002
        """None."""
        return None

    def keep(self, dataset: Dataset, symbols: Sequence[str], session: date | None, closes: Sequence[Close]) -> None:
        """Nothing happens."""


@dataclass(frozen=True, slots=True)
class ListCloses:
    """Lists the last closes. Those of now are kept for a while, each by itself, where not too many are asked for."""

    datasets: Datasets
    bars: Bars
    known: KnownCloses = field(default_factory=UnknownCloses)

    async def __call__(
        self, caller: Caller, dataset: str, symbols: Sequence[str], session: date | None, as_of: datetime | None
    ) -> list[Close]:
        """Return each symbol's last close on or before the session, by symbol.

        Raises DatasetNotFound, InstrumentNotFound; a symbol without a close in time is left out.
        """
        found = await readable(self.datasets, caller, dataset)
        if as_of is not None or not 0 < len(symbols) <= MOST_KNOWN:
            return await self._read(found, symbols, session, as_of)
        closes = await self.known.find(found, symbols, session)
        if closes is None:
            closes = await self._read(found, symbols, session, None)
            self.known.keep(found, symbols, session, closes)
        return closes

    async def _read(
        self, dataset: Dataset, symbols: Sequence[str], session: date | None, as_of: datetime | None
    ) -> list[Close]:
        return await self.bars.closes(await members(self.datasets, dataset, symbols), session, as_of)
