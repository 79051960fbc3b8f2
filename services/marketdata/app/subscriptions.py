"""What every subscription begins with: whether its caller may follow what it names, and may have one more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from services.marketdata.app.access import members, readable
from services.marketdata.app.ports import Datasets
from services.marketdata.domain.dataset import Caller, Dataset
from services.marketdata.domain.errors import TooMany


async def followed(datasets: Datasets, caller: Caller, dataset: str, symbols: Sequence[str]) -> Dataset:
    """Return the dataset if the caller may follow these symbols of it. Raises DatasetNotFound, InstrumentNotFound."""
    found = await readable(datasets, caller, dataset)
    if symbols:
        await members(datasets, found, symbols)
    return found


@contextmanager
def counted(counts: Counter[str], caller: Caller, limit: int) -> Iterator[None]:
    """Count a subscription of the caller's while it lasts, of whatever kind. Raises TooMany at the limit."""
    if counts[caller.user_id] >= limit:
        raise TooMany("subscriptions", limit)
    counts[caller.user_id] += 1
    try:
        yield
    finally:
        counts[caller.user_id] -= 1
        if not counts[caller.user_id]:
            del counts[caller.user_id]
