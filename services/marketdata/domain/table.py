"""An upload as a header and rows of cells, and how a CSV becomes one."""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from services.marketdata.domain.cells import Cell
from services.marketdata.domain.errors import UnreadableUpload, UploadTooLarge

GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Row:
    """One data line: its number (the header is line 1) and its cells; None if they can't be told apart."""

    line: int
    cells: Sequence[Cell] | None


@dataclass(frozen=True, slots=True)
class Table:
    """A header with rows under it; the rows can be walked once."""

    header: tuple[str, ...]
    rows: Iterable[Row]


def csv_table(data: bytes, max_bytes: int) -> Table:
    """Read comma-separated UTF-8, gzipped or not, with one header line.

    Each line stands alone: a quote that is never closed spoils its own line and no other. Blank lines are no rows.

    Raises UnreadableUpload without a header, UploadTooLarge if it unpacks to more than `max_bytes`.
    """
    text = _unpacked(data, max_bytes).decode("utf-8-sig", errors="replace")
    lines = _lines(text)
    first = next(lines, None)
    header = first.cells if first else None
    if not header:
        raise UnreadableUpload("the upload has no header line; the first line must name the columns, `date` among them")
    return Table(tuple(str(name).strip() for name in header), lines)


def _lines(text: str) -> Iterator[Row]:
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        stripped = line.rstrip("\n")
        if stripped.strip():
            yield Row(number, _cells(stripped))


def _cells(line: str) -> Sequence[Cell] | None:
    if '"' not in line:
        return line.split(",")
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error:
        return None


def _unpacked(data: bytes, max_bytes: int) -> bytes:
    """The bytes themselves, or what they unpack to if they are gzip; files may be concatenated, as gzip allows."""
    if not data.startswith(GZIP):
        return data
    unpacked = bytearray()
    while data:
        stream = zlib.decompressobj(wbits=31)
        try:
            unpacked += stream.decompress(data, max_bytes + 1 - len(unpacked))
        except zlib.error as error:
            raise UnreadableUpload("the upload begins like gzip but can't be unpacked; send it again") from error
        if len(unpacked) > max_bytes:
            raise UploadTooLarge(max_bytes, "what the upload unpacks to")
        if not stream.eof:
            raise UnreadableUpload("the gzip upload ends too early; send it again")
        data = stream.unused_data
    return bytes(unpacked)
