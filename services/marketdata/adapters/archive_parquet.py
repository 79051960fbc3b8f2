"""Days of bars as Apache Parquet: sorted by symbol, start and knowledge_time; few symbols to a row group.

Real numbers are compressed by zstd; where they repeat, as prices in cents do, they are numbered instead, which takes
no more room and is read faster. Integers are stored as differences, which zstd would make no smaller. Every page has a
checksum.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from services.marketdata.app.archive import STILL, BarDay, BarVersions
from services.marketdata.domain.feed.records import Floats, Ints

FORMAT = "1"
# Rows of a group, or those of one symbol if they are more: the metadata of smaller ones takes longer than their rows.
GROUP = 1024
PRICES = ("open", "high", "low", "close", "volume")
NANOSECONDS = ("start", "first_at", "last_at")
MICROSECONDS = ("knowledge_time", "superseded_at")
INTEGERS = (*NANOSECONDS, "ticks", *MICROSECONDS)
# What a range is read of lies side by side.
COLUMNS = ("symbol", "start", *PRICES, "ticks", *MICROSECONDS, "first_at", "last_at")
# What groups are chosen by; statistics of prices would only make the metadata longer.
_STATISTICS = ["symbol", "start", *MICROSECONDS]
_MAGIC = b"PAR1"
_TAIL = 8  # bytes at the end: the length of the metadata in front of them, and the magic


class NotAnArchive(ValueError):
    """These bytes are no whole object of the archive."""


@dataclass(frozen=True, slots=True)
class ParquetArchive:
    """The port ArchiveForm; partitions as Hive has them, so that DuckDB and others read `**/*.parquet`."""

    def name(self, day: BarDay) -> str:
        """Return a path such as bars/width=60/dataset=…/year=2026/month=11/day=27.parquet."""
        when = day.day
        partition = f"width={day.width}/dataset={day.dataset_id}/year={when.year:04}/month={when.month:02}"
        return f"bars/{partition}/day={when.day:02}.parquet"

    def writer(self, day: BarDay) -> ParquetDay:
        """Begin an object in memory."""
        return ParquetDay(day)


@dataclass(slots=True)
class ParquetDay:
    """The port DayWriter."""

    day: BarDay
    file: io.BytesIO = field(default_factory=io.BytesIO)
    writer: Any = None

    def add(self, bars: BarVersions) -> None:
        """Append bars, in their order within the object, as row groups."""
        ordered = bars.at(np.lexsort((bars.knowledge_time, bars.start, bars.symbol)))
        for first, last in _groups(ordered.symbol):
            group = ordered.at(np.arange(first, last))
            if self.writer is None:
                self.writer = self._begun([name for name in PRICES if _repeats(getattr(group, name))])
            self.writer.write_table(_table(group), row_group_size=last - first)

    def finish(self) -> bytes:
        """Return the object."""
        day, writer = self.day, self.writer or self._begun([])
        told = {"dataset_id": day.dataset_id, "width": str(day.width), "day": day.day.isoformat(), "format": FORMAT}
        writer.add_key_value_metadata({f"qpo.{name}": value for name, value in told.items()})
        writer.close()
        return self.file.getvalue()

    def _begun(self, numbered: Sequence[str]) -> Any:
        import pyarrow.parquet

        return pyarrow.parquet.ParquetWriter(
            self.file,
            _schema(),
            compression={name: "zstd" if name in PRICES and name not in numbered else "none" for name in COLUMNS},
            use_dictionary=["symbol", *numbered],
            column_encoding=dict.fromkeys(INTEGERS, "DELTA_BINARY_PACKED"),
            write_statistics=_STATISTICS,
            write_page_checksum=True,
            store_schema=False,
        )


def versions_of(data: bytes | memoryview) -> BarVersions:
    """Return all that an object has. Raises NotAnArchive."""
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(pyarrow.BufferReader(data), page_checksum_verification=True)
        symbols, symbol, columns = columns_of([table], COLUMNS[1:])
    except (pyarrow.ArrowException, OSError, KeyError) as error:
        raise NotAnArchive(str(error)) from error
    return BarVersions(symbols, symbol, **columns)


def length_of(tail: memoryview) -> int:
    """Return how many bytes at the end of an object its metadata takes. Raises NotAnArchive."""
    if len(tail) < _TAIL or bytes(tail[-4:]) != _MAGIC:
        raise NotAnArchive("it does not end as Parquet does")
    return int.from_bytes(tail[-_TAIL:-4], "little") + _TAIL


def opened(data: memoryview, metadata: Any = None) -> Any:
    """Return an object, or its end, as a file whose `metadata` can be read. Raises NotAnArchive."""
    import pyarrow.parquet

    try:
        return pyarrow.parquet.ParquetFile(
            pyarrow.BufferReader(data),
            metadata=metadata,
            read_dictionary=["symbol"],
            page_checksum_verification=True,
        )
    except (pyarrow.ArrowException, OSError) as error:
        raise NotAnArchive(str(error)) from error


def groups_of(metadata: Any, symbols: Sequence[str], start: int, end: int) -> list[int]:
    """Return the row groups that may have bars of these symbols (rising; none: all) between two times, by statistics.

    They lie by symbol, so each symbol's first is searched for by halves.
    """
    every = range(metadata.num_row_groups)
    found = sorted({group for symbol in symbols for group in _of_symbol(metadata, symbol)}) if symbols else every
    starts = {group: metadata.row_group(group).column(COLUMNS.index("start")).statistics for group in found}
    return [group for group, known in starts.items() if known.min_raw < end and known.max_raw >= start]


def span_of(metadata: Any, group: int, columns: Sequence[str]) -> tuple[int, int]:
    """Return from which byte up to which other these columns of a group lie, with what lies between them."""
    chunks = [metadata.row_group(group).column(COLUMNS.index(name)) for name in columns]
    begins = [min(each.dictionary_page_offset or each.data_page_offset, each.data_page_offset) for each in chunks]
    ends = [begin + each.total_compressed_size for begin, each in zip(begins, chunks, strict=True)]
    return min(begins), max(ends)


def rows_of(file: Any, groups: Sequence[int], columns: Sequence[str]) -> Any:
    """Return these columns of some row groups, as an Arrow table. Raises NotAnArchive."""
    import pyarrow

    try:
        return file.read_row_groups(groups, columns=columns, use_threads=False)
    except (pyarrow.ArrowException, OSError, KeyError) as error:
        raise NotAnArchive(str(error)) from error


def columns_of(tables: Sequence[Any], names: Sequence[str]) -> tuple[tuple[str, ...], Ints, dict[str, Any]]:
    """Return tables, one behind the other: the symbols, rising; of each row which it has; and these columns.

    Times are numbers; superseded_at is STILL where nothing has superseded.
    """
    import pyarrow as pa

    if not tables:
        return (), np.zeros(0, np.int64), {}
    table = pa.concat_tables(tables)
    symbols, symbol = _symbols(table.column("symbol").combine_chunks().dictionary_encode())
    columns = dict[str, Any]()
    for name in names:
        column = table.column(name)
        numbers = column if name in PRICES else column.cast(pa.int64())
        columns[name] = (numbers.fill_null(int(STILL)) if name == "superseded_at" else numbers).to_numpy()
    return symbols, symbol, columns


def _of_symbol(metadata: Any, symbol: str) -> range:
    low = _first(metadata, lambda known: known.max >= symbol)
    return range(low, max(low, _first(metadata, lambda known: known.min > symbol)))


def _first(metadata: Any, behind: Any) -> int:
    """The first row group whose statistics of symbols say so; those behind it say so too."""
    low, high = 0, metadata.num_row_groups
    while low < high:
        middle = (low + high) // 2
        if behind(metadata.row_group(middle).column(0).statistics):
            high = middle
        else:
            low = middle + 1
    return low


def _schema() -> Any:
    import pyarrow as pa

    types = {"symbol": pa.dictionary(pa.int32(), pa.string()), "ticks": pa.int64()}
    types |= dict.fromkeys(PRICES, pa.float64())
    types |= dict.fromkeys(NANOSECONDS, pa.timestamp("ns", "UTC"))
    types |= dict.fromkeys(MICROSECONDS, pa.timestamp("us", "UTC"))
    return pa.schema([pa.field(name, types[name], nullable=name == "superseded_at") for name in COLUMNS])


def _repeats(column: Floats) -> bool:
    return 2 * len(np.unique(column)) < len(column)


def _groups(symbol: Ints) -> list[tuple[int, int]]:
    """Cuts rows where a symbol ends and there are GROUP of them."""
    ends = np.r_[np.flatnonzero(np.diff(symbol)) + 1, len(symbol)].tolist() if len(symbol) else []
    cuts = [0]
    for end in ends:
        if end - cuts[-1] >= GROUP or end == len(symbol):
            cuts.append(end)
    return list(pairwise(cuts))


def _table(bars: BarVersions) -> Any:
    import pyarrow as pa

    schema, low, high = _schema(), int(bars.symbol[0]), int(bars.symbol[-1]) + 1
    # The symbols of this group alone: it keeps all that it is given.
    codes = pa.array(bars.symbol - low, pa.int32())
    arrays = [pa.DictionaryArray.from_arrays(codes, pa.array(bars.symbols[low:high], pa.string()))]
    for name in COLUMNS[1:]:
        column = getattr(bars, name)
        mask = column == STILL if name == "superseded_at" else None
        kind = schema.field(name).type
        arrays.append(pa.array(column, mask=mask) if name in PRICES else pa.array(column, mask=mask).cast(kind))
    return pa.table(arrays, schema=schema)


def _symbols(coded: Any) -> tuple[tuple[str, ...], Ints]:
    """The symbols, rising, and of each row which it has."""
    names = coded.dictionary.to_pylist()
    rising = sorted(range(len(names)), key=names.__getitem__)
    place = np.empty(len(names), np.int64)
    place[rising] = np.arange(len(names))
    return tuple(names[at] for at in rising), place[coded.indices.to_numpy()]
