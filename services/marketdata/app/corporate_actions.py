"""UpdateCorporateActions, ListCorporateActions, and bars adjusted for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, TypeVar

from services.marketdata.app.access import members, readable, writable
from services.marketdata.app.paging import Page, paged
from services.marketdata.app.ports import Clock, Datasets
from services.marketdata.domain.actions import Action, Adjustment, Effect, factors_of
from services.marketdata.domain.dataset import Bar, Caller, Dataset
from services.marketdata.domain.errors import ActionNamedTwice
from services.marketdata.domain.feed.bars import TickBar
from services.marketdata.domain.feed.records import DAY

_UNIX_DAY = date(1970, 1, 1).toordinal()

B = TypeVar("B", Bar, TickBar)


class Actions(Protocol):
    """Keeps what companies did with their units, in every version."""

    async def update(self, caller: Caller, dataset: Dataset, actions: Sequence[Action], now: datetime) -> list[Action]:
        """Keep actions, all or none, and return them as they are known now, in their order.

        Raises InstrumentNotFound, DatasetNotFound if the dataset has gone meanwhile, Unauthenticated if the caller has.
        """
        ...

    async def page(
        self, dataset: Dataset, symbols: Sequence[str], as_of: datetime | None, after: Sequence[str], limit: int
    ) -> list[Action]:
        """Return up to `limit` actions behind (symbol, ex-date in ISO 8601), in that order; no symbols mean all."""
        ...

    async def effects(
        self, dataset: Dataset, symbols: Sequence[str], since: date, as_of: datetime | None
    ) -> list[Effect]:
        """Return the actions of these symbols after a day, as they were known, each with the close before it."""
        ...


@dataclass(frozen=True, slots=True)
class UpdateCorporateActions:
    """Updates what is known of splits and dividends."""

    datasets: Datasets
    actions: Actions
    clock: Clock

    async def __call__(self, caller: Caller, dataset: str, actions: Sequence[Action]) -> list[Action]:
        """Return them as they are known now. Raises DatasetNotFound, NotOwner, InstrumentNotFound, ActionNamedTwice."""
        found = await writable(self.datasets, caller, dataset)
        [(most, count)] = Counter((each.symbol, each.ex_date) for each in actions).most_common(1)
        if count > 1:
            raise ActionNamedTwice(*most)
        return await self.actions.update(caller, found, actions, self.clock.now())


@dataclass(frozen=True, slots=True)
class ActionsAsked:
    """Which actions; no symbols mean all, None is now."""

    dataset: str
    symbols: Sequence[str]
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class ListCorporateActions:
    """Lists splits and dividends."""

    datasets: Datasets
    actions: Actions

    async def __call__(self, caller: Caller, asked: ActionsAsked, after: Sequence[str], page_size: int) -> Page[Action]:
        """Return the page behind (symbol, ex-date). Raises DatasetNotFound, InstrumentNotFound."""
        found = await readable(self.datasets, caller, asked.dataset)
        if asked.symbols:
            await members(self.datasets, found, asked.symbols)
        size, limit = paged(page_size)
        rows = await self.actions.page(found, asked.symbols, asked.as_of, after, limit)
        return Page.of(rows, size, lambda action: (action.symbol, action.ex_date.isoformat()))


@dataclass(frozen=True, slots=True)
class Adjusting:
    """Adjusts bars by the actions that were known as they were."""

    actions: Actions

    async def bars(
        self, dataset: Dataset, bars: Sequence[Bar], adjustment: Adjustment, as_of: datetime | None
    ) -> list[Bar]:
        """Daily bars, but for their adjusted closes. Raises DividendNotAdjustable."""
        return await self._adjusted(dataset, bars, lambda bar: bar.session, adjustment, as_of)

    async def tick_bars(
        self, dataset: Dataset, bars: Sequence[TickBar], adjustment: Adjustment, as_of: datetime | None
    ) -> list[TickBar]:
        """Bars of ticks, by the day, UTC, on which they start. Raises DividendNotAdjustable."""
        return await self._adjusted(dataset, bars, _day_of, adjustment, as_of)

    async def _adjusted(
        self,
        dataset: Dataset,
        bars: Sequence[B],
        day_of: Callable[[B], date],
        adjustment: Adjustment,
        as_of: datetime | None,
    ) -> list[B]:
        if adjustment is Adjustment.NONE or not bars:
            return list(bars)
        symbols = sorted({bar.symbol for bar in bars})
        effects = await self.actions.effects(dataset, symbols, min(map(day_of, bars)), as_of)
        factors = factors_of(effects, adjustment)
        return [bar.scaled(*factors[bar.symbol].at(day_of(bar))) if bar.symbol in factors else bar for bar in bars]


def _day_of(bar: TickBar) -> date:
    return date.fromordinal(_UNIX_DAY + bar.start // DAY)
