"""Ranges of bars as they were known at a time, in columns: from the archive, and from where bars are younger.

The catalogue says which objects there are and how long each is. A short one is read whole; of a long one the metadata
at its end, and then what lies around the columns of the row groups that may have the asked bars.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

import numpy as np

from services.marketdata.adapters import archive_parquet as parquet
from services.marketdata.app.archive import ArchiveUnavailable, ObjectStore
from services.marketdata.domain.feed.records import DAY, Bools, Floats, Ints

WHOLE = 1 << 20  # bytes: to ask for no more than is needed takes one more turn, which costs more
TAIL = 1 << 16  # bytes of a long object that are asked for in the hope that its metadata is no longer
TOGETHER = 16  # objects that are fetched at once, while those before them are decoded
AT_ONCE = 16 << 20  # bytes of them, unless one alone is more
OF_SYMBOL = 1 << 16  # bytes that a symbol's bars of a day take, about
NEEDED = ("symbol", "start", *parquet.PRICES, "ticks", *parquet.MICROSECONDS)

UNIX = datetime(1970, 1, 1, tzinfo=UTC)
NOW = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)  # later than anything is known, earlier than `infinity`


@dataclass(frozen=True, slots=True)
class BarColumns:
    """n bars in columns, each as it was known at one time, by symbol, then start; times in ns since 1970, UTC."""

    symbols: tuple[str, ...]  # rising; of parts also some that have no bar
    symbol: Ints  # (n,) index into symbols
    start: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    ticks: Ints
    knowledge_time: Ints  # µs

    def __len__(self) -> int:
        """How many."""
        return len(self.start)

    def at(self, index: Ints | Bools) -> BarColumns:
        """Some of them, in the order of the index."""
        return BarColumns(self.symbols, *(getattr(self, each.name)[index] for each in fields(self)[1:]))

    @classmethod
    def joined(cls, *parts: BarColumns) -> BarColumns:
        """Those of all parts, in order; of several of one symbol and start that of the first part."""
        symbols = tuple(sorted({part.symbols[at] for part in parts for at in np.unique(part.symbol)}))
        place = {symbol: index for index, symbol in enumerate(symbols)}
        named = [np.array([place.get(each, -1) for each in part.symbols], np.int64)[part.symbol] for part in parts]
        rest = [np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(cls)[2:]]
        whole = cls(symbols, np.concatenate(named), *rest)
        if not whole.is_rising():
            whole = whole.at(np.lexsort((whole.start, whole.symbol)))  # stable
            new = np.ones(len(whole), np.bool_)
            new[1:] = (np.diff(whole.symbol) != 0) | (np.diff(whole.start) != 0)
            whole = whole.at(new)
        return whole

    def is_rising(self) -> bool:
        """Whether each lies behind the one before it."""
        symbol, start = np.diff(self.symbol), np.diff(self.start)
        return bool(np.all((symbol > 0) | ((symbol == 0) & (start > 0))))


NOTHING = BarColumns((), *(np.zeros(0, kind) for kind in (np.int64, np.int64, *[np.float64] * 5, np.int64, np.int64)))


@dataclass(frozen=True, slots=True)
class Asked:
    """Bars of `width` s of these symbols, all if there are none, whose start lies from one time up to another, ns."""

    dataset_id: str
    symbols: Sequence[str]
    width: int
    start: int
    end: int
    as_of: datetime | None = None  # None: as they are known now

    @property
    def known_at(self) -> int:
        """In µs since 1970."""
        return ((self.as_of or NOW) - UNIX) // timedelta(microseconds=1)


class StoredBars(Protocol):
    """Reads bars that were not dropped from the database yet."""

    async def range_of(self, asked: Asked) -> BarColumns:
        """Return those that there are."""
        ...

    async def oldest(self, dataset_id: str, width: int) -> int | None:
        """Return the start of the oldest bar of the dataset and width, ns; None if there is none."""
        ...


class Catalogue(Protocol):
    """What is archived."""

    async def objects(self, dataset_id: str, width: int, first: date, last: date) -> list[tuple[str, int]]:
        """Return the names and lengths of the objects of days, both included, by day."""
        ...


@dataclass(frozen=True, slots=True)
class ArchivedBars:
    """Reads ranges from the archive. Raises ArchiveUnavailable."""

    catalogue: Catalogue
    store: ObjectStore

    async def range_of(self, asked: Asked) -> BarColumns:
        """Return the bars that are archived."""
        parts = [part async for part in self.parts(asked)]
        return await asyncio.to_thread(BarColumns.joined, *parts) if parts else NOTHING

    async def parts(self, asked: Asked) -> AsyncIterator[BarColumns]:
        """Yield them some days at a time, by day; no more is in memory than of two such parts."""
        if asked.start >= asked.end:
            return
        first, last = _date(asked.start), _date(asked.end - 1)
        found = await self.catalogue.objects(asked.dataset_id, asked.width, first, last)
        ahead: asyncio.Task[list[_Object]] | None = None
        try:
            for piece in [*_pieces(found, asked), []]:
                objects = await ahead if ahead else []
                ahead = asyncio.create_task(self._fetched(piece, asked)) if piece else None
                if objects:
                    yield await self._decoded(objects, asked)
        finally:
            if ahead:
                ahead.cancel()

    async def _fetched(self, piece: Sequence[tuple[str, int]], asked: Asked) -> list[_Object]:
        ends = [(name, max(0, size - TAIL) if size > WHOLE else 0, size) for name, size in piece]
        data = await self.store.parts(ends)
        objects = zip(piece, data, strict=True)
        return await asyncio.gather(*(self._object(name, size, end, asked) for (name, size), end in objects))

    async def _object(self, name: str, size: int, tail: memoryview, asked: Asked) -> _Object:
        if size <= WHOLE:
            return _Object(name, tail)
        try:
            if (length := parquet.length_of(tail)) > len(tail):
                [tail] = await self.store.parts([(name, max(0, size - length), size)])
            metadata = (await asyncio.to_thread(parquet.opened, tail)).metadata
        except parquet.NotAnArchive:
            return _Object(name, await self.store.get(name))
        groups = parquet.groups_of(metadata, asked.symbols, asked.start, asked.end)
        spans = [parquet.span_of(metadata, group, NEEDED) for group in groups]
        parts = await self.store.parts([(name, *span) for span in spans]) if spans else []
        # Of what is not written into it, the machine makes no memory.
        data = np.empty(size, np.uint8).data
        for (first, last), part in zip(spans, parts, strict=True):
            data[first:last] = part
        return _Object(name, data, metadata, groups)

    async def _decoded(self, objects: Sequence[_Object], asked: Asked) -> BarColumns:
        try:
            return await asyncio.to_thread(_bars, objects, asked)
        except parquet.NotAnArchive:
            # One was written anew since the catalogue was asked, or while it was read: whole, it is of one piece.
            again = [_Object(each.name, await self.store.get(each.name)) for each in objects]
        try:
            return await asyncio.to_thread(_bars, again, asked)
        except parquet.NotAnArchive as error:
            names = ", ".join(each.name for each in objects)
            raise ArchiveUnavailable(f"one of these objects is damaged: {names}") from error


@dataclass(frozen=True, slots=True)
class BarsOfAllTimes:
    """Reads ranges from wherever the bars are; of a bar that is in both, the database's. Raises ArchiveUnavailable."""

    stored: StoredBars
    archived: ArchivedBars

    async def range_of(self, asked: Asked) -> BarColumns:
        """Return the bars of the range."""
        recent = await self.stored.range_of(asked)
        # Asked behind the bars themselves: what is dropped between the two is then looked for in the archive.
        oldest = await self.stored.oldest(asked.dataset_id, asked.width)
        # Of the oldest day a part may be gone.
        whole = asked.end if oldest is None else (oldest // DAY + 1) * DAY
        older = await self.archived.range_of(replace(asked, end=min(asked.end, whole)))
        return await asyncio.to_thread(BarColumns.joined, recent, older) if len(older) else recent


@dataclass(frozen=True, slots=True)
class _Object:
    """An object, or of a long one the groups that are needed."""

    name: str
    data: memoryview
    metadata: Any = None
    groups: Sequence[int] | None = None


def _pieces(objects: Sequence[tuple[str, int]], asked: Asked) -> Iterator[Sequence[tuple[str, int]]]:
    """Up to TOGETHER objects of which up to AT_ONCE bytes will be needed, at least one."""
    piece, together = list[tuple[str, int]](), 0
    for name, size in objects:
        needed = min(size, len(asked.symbols) * OF_SYMBOL) if asked.symbols else size
        if piece and (len(piece) == TOGETHER or together + needed > AT_ONCE):
            yield piece
            piece, together = [], 0
        piece.append((name, size))
        together += needed
    if piece:
        yield piece


def _bars(objects: Sequence[_Object], asked: Asked) -> BarColumns:
    """What some objects have of it."""
    tables = [_rows(each, asked) for each in objects]
    symbols, symbol, columns = parquet.columns_of([table for table in tables if table is not None], NEEDED[1:])
    if not len(symbol):
        return NOTHING
    known, ended = columns["knowledge_time"], columns.pop("superseded_at")
    keep = (known <= asked.known_at) & (ended > asked.known_at)
    keep &= (columns["start"] >= asked.start) & (columns["start"] < asked.end)
    if asked.symbols:
        keep &= np.isin(symbols, asked.symbols)[symbol]
    return BarColumns(symbols, symbol, **columns).at(keep)


def _rows(of: _Object, asked: Asked) -> Any:
    file = parquet.opened(of.data, of.metadata)
    groups = of.groups
    if groups is None:
        groups = parquet.groups_of(file.metadata, asked.symbols, asked.start, asked.end)
    return parquet.rows_of(file, groups, NEEDED) if groups else None


def _date(moment: int) -> date:
    return (UNIX + timedelta(microseconds=moment // 1000)).date()
