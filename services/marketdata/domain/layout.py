"""From a table to bars, by its layout."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from services.marketdata.domain.defects import DefectReport
from services.marketdata.domain.errors import UnreadableUpload
from services.marketdata.domain.long import LongReader
from services.marketdata.domain.prices import Prices
from services.marketdata.domain.table import Table
from services.marketdata.domain.wide import WideReader


class Layout(Enum):
    """How a table lays out prices; UNSPECIFIED is long if there is a `symbol` column, else wide."""

    UNSPECIFIED = 0
    WIDE = 1
    LONG = 2


@dataclass(frozen=True, slots=True)
class Reading:
    """What an upload held: its good bars and a report of the rest."""

    prices: Prices
    defects: DefectReport
    cells_empty: int
    lines_read: int


def read_table(table: Table, layout: Layout, today: date) -> Reading:
    """Read the good bars and report every row and cell that is not one.

    Raises UnreadableUpload if the header lacks what the layout needs or no row follows it.
    """
    defects = DefectReport()
    reader = _reader(table, layout)(table, today, defects)
    lines = reader.read()
    if lines == 0:
        raise UnreadableUpload("no row follows the header")
    return Reading(reader.bars.prices(), defects, reader.cells_empty, lines)


def _reader(table: Table, layout: Layout) -> type[LongReader] | type[WideReader]:
    if layout is Layout.UNSPECIFIED:
        layout = Layout.LONG if "symbol" in (name.lower() for name in table.header) else Layout.WIDE
    return LongReader if layout is Layout.LONG else WideReader
