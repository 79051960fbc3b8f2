"""ListDatasets: what the caller may read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.marketdata.app.paging import Page, paged
from services.marketdata.app.ports import Datasets
from services.marketdata.domain.dataset import Caller, Dataset


@dataclass(frozen=True, slots=True)
class ListDatasets:
    """Lists datasets by name."""

    datasets: Datasets

    async def __call__(self, caller: Caller, after: Sequence[str], page_size: int) -> Page[Dataset]:
        """Return the page behind (name, id)."""
        size, limit = paged(page_size)
        found = await self.datasets.page(caller, after, limit)
        return Page.of(found, size, lambda dataset: (dataset.name, dataset.id))
