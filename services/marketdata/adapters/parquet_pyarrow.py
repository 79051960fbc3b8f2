"""Reads Apache Parquet with pyarrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from services.marketdata.domain.errors import UnreadableUpload, UploadTooLarge
from services.marketdata.domain.table import Row, Table

BATCH = 4096  # rows
# The first data row's number: the same as if the file were a CSV with one header line.
FIRST_LINE = 2
# What pandas names the index it wrote beside the columns.
PANDAS_INDEX = "__index_level_0__"


class PyarrowParquet:
    """Parquet files as tables."""

    def table(self, data: bytes, max_bytes: int) -> Table:
        """Return the file's rows. Raises UnreadableUpload, UploadTooLarge beyond `max_bytes` unpacked."""
        import pyarrow
        import pyarrow.parquet

        try:
            file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(data))
        except (pyarrow.ArrowException, OSError) as error:
            raise UnreadableUpload("the upload is not a Parquet file; say PRICE_FORMAT_CSV if it is one") from error
        groups = range(file.metadata.num_row_groups)
        if sum(file.metadata.row_group(group).total_byte_size for group in groups) > max_bytes:
            raise UploadTooLarge(max_bytes, "what the upload unpacks to")
        return Table(_header(file.schema_arrow.names), _rows(file))


def _header(columns: Sequence[str]) -> tuple[str, ...]:
    dated = any(column.lower() == "date" for column in columns)
    return tuple("date" if column == PANDAS_INDEX and not dated else column for column in columns)


def _rows(file: Any) -> Iterator[Row]:
    line = FIRST_LINE
    for columns in _batches(file):
        for cells in zip(*columns, strict=True):
            yield Row(line, cells)
            line += 1


def _batches(file: Any) -> Iterator[Sequence[Sequence[Any]]]:
    """The columns of some rows at a time, as Python values. Raises UnreadableUpload."""
    import pyarrow

    batches = file.iter_batches(batch_size=BATCH)
    while True:
        try:
            batch = next(batches, None)
            if batch is None:
                return
            columns = [column.to_pylist() for column in batch.columns]
        except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
            raise UnreadableUpload("the Parquet file is damaged, or holds values that no price file holds") from error
        yield columns
