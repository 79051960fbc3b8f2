"""PostgreSQL's binary COPY format, by numpy: rows of fixed width, no row touched in Python.

A file is a header, then rows, then a trailer; a row is int16 the number of fields, then per field int32 its length
and its big-endian bytes (https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"). Rows have one
width because no field is NULL: what is unknown is NaN.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
# PostgreSQL counts days from 2000-01-01.
EPOCH = date(2000, 1, 1).toordinal()
INT4, INT8, FLOAT8 = ">i4", ">i8", ">f8"
WIDTHS = {INT4: 4, INT8: 8, FLOAT8: 8}
PIECE = 2048  # rows: so few take well under a millisecond, and others get their turn

Fields = Sequence[tuple[str, str]]


def row_type(fields: Fields) -> np.dtype[np.void]:
    """The layout of one row of (name, type) fields."""
    members: list[tuple[str, str]] = [("count", ">i2")]
    for name, kind in fields:
        members += [(f"{name} length", INT4), (name, kind)]
    return np.dtype(members)


def encoded(fields: Fields, columns: Mapping[str, NDArray[Any]], rows: int) -> Iterator[bytes]:
    """Yield the columns, each of `rows` values, as COPY … FROM STDIN (FORMAT binary) reads them, piece by piece."""
    yield HEADER
    for start in range(0, rows, PIECE):
        table = np.empty(min(PIECE, rows - start), dtype=row_type(fields))
        table["count"] = len(fields)
        for name, kind in fields:
            table[f"{name} length"] = WIDTHS[kind]
            table[name] = columns[name][start : start + PIECE]
        yield table.tobytes()
    yield TRAILER


async def pieces(data: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Yield what was encoded in the form in which asyncpg takes it, which may wait between two pieces."""
    for piece in data:
        yield piece


def decoded(fields: Fields, data: bytes | bytearray) -> NDArray[np.void]:
    """Return the rows that COPY … TO STDOUT (FORMAT binary) wrote, as a structured array."""
    return np.frombuffer(data, dtype=row_type(fields), offset=len(HEADER), count=_rows(fields, data))


def _rows(fields: Fields, data: bytes | bytearray) -> int:
    return (len(data) - len(HEADER) - len(TRAILER)) // row_type(fields).itemsize
