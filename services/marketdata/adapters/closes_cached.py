"""Last closes in the caches: `market:{dataset_id}:{symbol}:{session}`, `last` for the newest session.

A symbol names different prices in the datasets of different users, hence the dataset's id in the key. An entry counts
only while the dataset is at the revision that it was read at. The revision is looked up with the dataset, before
the closes are: an upload that comes between makes an entry newer than its revision, which no longer counts by then.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import date

from chassis.cache import Entry, Layers, Stamp
from services.marketdata.domain.dataset import Close, Dataset

FORM = b"[price, session] or nothing"


class CachedCloses:
    """The port KnownCloses on layers."""

    def __init__(self, layers: Layers) -> None:
        self._layers = layers

    async def find(self, dataset: Dataset, symbols: Sequence[str], session: date | None) -> list[Close] | None:
        """All of them, or None."""
        stamp = _stamp(dataset)

        async def present(entry: Entry) -> bool:
            return entry.stamp == stamp

        keys = [_key(dataset, symbol, session) for symbol in symbols]
        entries = await asyncio.gather(*(self._layers.find(key, present) for key in keys))
        if any(entry is None for entry in entries):
            return None
        found = [
            _close(symbol, entry.body) for symbol, entry in zip(symbols, entries, strict=True) if entry and entry.body
        ]
        return sorted(found, key=lambda close: close.symbol)

    def keep(self, dataset: Dataset, symbols: Sequence[str], session: date | None, closes: Sequence[Close]) -> None:
        """Each by itself; that a symbol has no close in time is kept too."""
        stamp, bodies = _stamp(dataset), {close.symbol: _body(close) for close in closes}
        for symbol in symbols:
            self._layers.put(_key(dataset, symbol, session), Entry(stamp, bodies.get(symbol, b"")))


def _key(dataset: Dataset, symbol: str, session: date | None) -> str:
    return f"market:{dataset.id}:{symbol}:{session.isoformat() if session else 'last'}"


def _stamp(dataset: Dataset) -> Stamp:
    return Stamp(dataset.revision, dataset.tenant_id, dataset.user_id)


def _body(close: Close) -> bytes:
    return json.dumps([close.price, close.session.toordinal()]).encode()


def _close(symbol: str, body: bytes) -> Close:
    price, session = json.loads(body)
    return Close(symbol, price, date.fromordinal(session))
