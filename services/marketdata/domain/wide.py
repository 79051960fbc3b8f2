"""The wide layout: one row per session, a `date` column, then one column of closes per symbol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from services.marketdata.domain.cells import SYMBOL, Cell, read_price, read_session, shown
from services.marketdata.domain.defects import DefectReason, DefectReport, Flaw
from services.marketdata.domain.errors import UnreadableUpload
from services.marketdata.domain.order import SessionOrder
from services.marketdata.domain.prices import UNKNOWN, PriceRows
from services.marketdata.domain.table import Row, Table


@dataclass(slots=True)
class WideReader:
    """Reads a wide table's rows; an empty cell is no bar, a session stands on one row only."""

    table: Table
    today: date
    defects: DefectReport
    bars: PriceRows = field(default_factory=PriceRows)
    order: SessionOrder = field(default_factory=SessionOrder)
    cells_empty: int = 0

    def read(self) -> int:
        """Read all rows and return how many there were. Raises UnreadableUpload on a useless header."""
        date_at = self._date_column()
        symbols = self._symbol_columns(date_at)
        lines = 0
        for row in self.table.rows:
            lines += 1
            self._row(row, date_at, symbols)
        return lines

    def _date_column(self) -> int:
        for position, name in enumerate(self.table.header):
            if name.lower() == "date":
                return position
        raise UnreadableUpload(f"the header has no `date` column; it names {shown(', '.join(self.table.header))}")

    def _symbol_columns(self, date_at: int) -> Sequence[tuple[int, str]]:
        columns: dict[str, int] = {}
        for position, name in enumerate(self.table.header):
            if position == date_at:
                continue
            if name in columns:
                self.defects.add(1, name, name, Flaw(DefectReason.DUPLICATE, "the column stood earlier; left out"))
            elif SYMBOL.fullmatch(name):
                columns[name] = position
            else:
                detail = f"{shown(name)} is neither `date` nor a symbol; the column is left out"
                self.defects.add(1, name, "", Flaw(DefectReason.UNKNOWN_COLUMN, detail))
        if not columns:
            raise UnreadableUpload("the header names no symbol beside `date`")
        return [(position, symbol) for symbol, position in columns.items()]

    def _row(self, row: Row, date_at: int, symbols: Sequence[tuple[int, str]]) -> None:
        width = len(self.table.header)
        if row.cells is None or len(row.cells) != width:
            self.defects.add(row.line, "", "", ragged(row.cells, width))
            return
        session = read_session(row.cells[date_at], self.today)
        flaw = session if isinstance(session, Flaw) else self.order.flaw("", session)
        if flaw is not None:
            self.defects.add(row.line, self.table.header[date_at], "", flaw)
        elif isinstance(session, date):
            self.order.keep("", session)
            self._cells(row.line, session.toordinal(), row.cells, symbols)

    def _cells(self, line: int, session: int, cells: Sequence[Cell], symbols: Sequence[tuple[int, str]]) -> None:
        keep, number = self.bars.keep, self.bars.number
        for position, symbol in symbols:
            price = read_price(cells[position])
            if price is None:
                self.cells_empty += 1
            elif isinstance(price, Flaw):
                self.defects.add(line, symbol, symbol, price)
            else:
                keep((number(symbol), session, UNKNOWN, UNKNOWN, UNKNOWN, price, price, UNKNOWN))


def ragged(cells: Sequence[Cell] | None, width: int) -> Flaw:
    """The flaw of a row that does not fit its header."""
    detail = "a quote is opened and not closed" if cells is None else f"{len(cells)} cells under {width} columns"
    return Flaw(DefectReason.RAGGED_ROW, detail)
