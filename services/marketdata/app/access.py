"""Finds the dataset and the instruments that a call names."""

from __future__ import annotations

from collections.abc import Sequence

from services.marketdata.app.ports import Datasets, Member
from services.marketdata.domain.dataset import Caller, Dataset
from services.marketdata.domain.errors import DatasetNotFound, InstrumentNotFound, NotOwner


async def readable(datasets: Datasets, caller: Caller, dataset: str) -> Dataset:
    """Return the dataset of this name or id. Raises DatasetNotFound, also if the caller may not see it."""
    found = await datasets.find(caller, dataset)
    if found is None:
        raise DatasetNotFound(dataset)
    return found


async def writable(datasets: Datasets, caller: Caller, dataset: str) -> Dataset:
    """Return the caller's own dataset. Raises DatasetNotFound, NotOwner if it is visible but another's."""
    found = await readable(datasets, caller, dataset)
    if not found.owned_by(caller):
        raise NotOwner(dataset)
    return found


async def members(datasets: Datasets, dataset: Dataset, symbols: Sequence[str]) -> list[Member]:
    """Return the instruments of these symbols, in their order; all if none is named. Raises InstrumentNotFound."""
    found = await datasets.members(dataset, symbols)
    if symbols and len(found) < len(symbols):
        known = {member.symbol for member in found}
        raise InstrumentNotFound([symbol for symbol in symbols if symbol not in known])
    return found
