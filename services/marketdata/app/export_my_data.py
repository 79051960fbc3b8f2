"""ExportMyData: a user's own datasets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from services.marketdata.app.alternative import DocumentsAsked, ListDocuments
from services.marketdata.app.corporate_actions import ActionsAsked, ListCorporateActions
from services.marketdata.app.list_bars import BarRange, ListBars
from services.marketdata.app.list_datasets import ListDatasets
from services.marketdata.app.list_instruments import ListInstruments
from services.marketdata.app.list_tick_bars import ListTickBars, TickBarRange
from services.marketdata.app.paging import Page
from services.marketdata.app.quality import GetQualityRules
from services.marketdata.domain.dataset import Caller, Dataset

PAGE = 1000
MINUTE = 60  # s

Call = Callable[[Sequence[str]], Awaitable[Page[Any]]]


class Presence(Protocol):
    """Who has left."""

    async def require(self, user_id: str) -> None:
        """Raise Unauthenticated if a user has left."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """Some rows of one kind, in their order; of a dataset, or datasets themselves."""

    dataset: str
    rows: Sequence[Any]
    first: bool


@dataclass(frozen=True, slots=True)
class ExportMyData:
    """Gives a user's datasets, then what is in each, kind by kind."""

    presence: Presence
    datasets: ListDatasets
    instruments: ListInstruments
    bars: ListBars
    actions: ListCorporateActions
    rules: GetQualityRules
    tick_bars: ListTickBars
    documents: ListDocuments

    async def __call__(self, caller: Caller) -> AsyncIterator[Found]:
        """All of the caller's own. Unauthenticated if they have left."""
        await self.presence.require(caller.user_id)
        own: list[Dataset] = []
        async for found in _pages("", lambda after: self.datasets(caller, after, PAGE)):
            own += [dataset for dataset in found.rows if dataset.owned_by(caller)]
        if own:
            yield Found("", own, first=True)
        for dataset in own:
            for call in self._calls(caller, dataset.id):
                async for found in _pages(dataset.id, call):
                    yield found
            yield Found(dataset.id, [await self.rules(caller, dataset.id)], first=True)

    def _calls(self, caller: Caller, id: str) -> Sequence[Call]:
        bars, ticks = BarRange(id, [], None, None, None), TickBarRange(id, MINUTE, [], None, None, None)
        return (
            lambda after: self.instruments(caller, id, [], after, PAGE),
            lambda after: self.bars(caller, bars, after, PAGE),
            lambda after: self.actions(caller, ActionsAsked(id, [], None), after, PAGE),
            lambda after: self.tick_bars(caller, ticks, after, PAGE),
            lambda after: self.documents(caller, DocumentsAsked(id, [], ""), after, PAGE),
        )


async def _pages(dataset: str, call: Call) -> AsyncIterator[Found]:
    after: Sequence[str] = ()
    first = True
    while True:
        page = await call(after)
        if page.rows:
            yield Found(dataset, page.rows, first)
        if not page.after:
            return
        after, first = page.after, False
