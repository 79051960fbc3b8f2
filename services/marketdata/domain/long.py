"""The long layout: one row per bar with `date`, `symbol`, `close` and any of the other fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from services.marketdata.domain.cells import Cell, missing, read_price, read_session, read_symbol, read_volume, shown
from services.marketdata.domain.defects import DefectReason, DefectReport, Flaw
from services.marketdata.domain.errors import UnreadableUpload
from services.marketdata.domain.order import SessionOrder
from services.marketdata.domain.prices import UNKNOWN, PriceRows
from services.marketdata.domain.table import Row, Table
from services.marketdata.domain.wide import ragged

NEEDED = ("date", "symbol", "close")
READERS: Mapping[str, Callable[[Cell], float | Flaw | None]] = {
    "open": read_price,
    "high": read_price,
    "low": read_price,
    "close": read_price,
    "adjusted_close": read_price,
    "volume": read_volume,
}


@dataclass(slots=True)
class LongReader:
    """Reads a long table's rows; a row with a flaw in any cell is not kept, and each flaw is reported."""

    table: Table
    today: date
    defects: DefectReport
    bars: PriceRows = field(default_factory=PriceRows)
    order: SessionOrder = field(default_factory=SessionOrder)
    cells_empty: int = 0

    def read(self) -> int:
        """Read all rows and return how many there were. Raises UnreadableUpload on a useless header."""
        columns = self._columns()
        lines = 0
        for row in self.table.rows:
            lines += 1
            self._row(row, columns)
        return lines

    def _columns(self) -> dict[str, int]:
        columns: dict[str, int] = {}
        for position, name in enumerate(self.table.header):
            known = name.lower()
            if known in columns:
                self.defects.add(1, name, "", Flaw(DefectReason.DUPLICATE, "the column stood earlier; left out"))
            elif known in READERS or known in NEEDED:
                columns[known] = position
            else:
                detail = f"{shown(name)} is no known field; the column is left out"
                self.defects.add(1, name, "", Flaw(DefectReason.UNKNOWN_COLUMN, detail))
        for name in NEEDED:
            if name not in columns:
                header = shown(", ".join(self.table.header))
                raise UnreadableUpload(f"the header has no `{name}` column; it names {header}")
        return columns

    def _row(self, row: Row, columns: Mapping[str, int]) -> None:
        width = len(self.table.header)
        if row.cells is None or len(row.cells) != width:
            self.defects.add(row.line, "", "", ragged(row.cells, width))
            return
        cells = {name: row.cells[position] for name, position in columns.items()}
        symbol, session = read_symbol(cells["symbol"]), read_session(cells["date"], self.today)
        values = {name: read(cells[name]) for name, read in READERS.items() if name in cells}
        flaws = list(self._flaws(symbol, session, values))
        named = symbol if isinstance(symbol, str) else ""
        for column, flaw in flaws:
            self.defects.add(row.line, self.table.header[columns[column]], named, flaw)
        if not flaws and isinstance(symbol, str) and isinstance(session, date):
            self._keep(symbol, session, {name: v for name, v in values.items() if isinstance(v, float)})

    def _flaws(
        self, symbol: str | Flaw, session: date | Flaw, values: Mapping[str, float | Flaw | None]
    ) -> Iterator[tuple[str, Flaw]]:
        if isinstance(session, Flaw):
            yield "date", session
        if isinstance(symbol, Flaw):
            yield "symbol", symbol
        if values["close"] is None:
            yield "close", missing("close")
        yield from ((name, value) for name, value in values.items() if isinstance(value, Flaw))
        if isinstance(symbol, str) and isinstance(session, date):
            flaw = self.order.flaw(symbol, session)
            if flaw is not None:
                yield "date", flaw

    def _keep(self, symbol: str, session: date, values: Mapping[str, float]) -> None:
        self.order.keep(symbol, session)
        get, close = values.get, values["close"]
        ohlc = (get("open", UNKNOWN), get("high", UNKNOWN), get("low", UNKNOWN), close)
        self.bars.keep(
            (
                self.bars.number(symbol),
                session.toordinal(),
                *ohlc,
                get("adjusted_close", close),
                get("volume", UNKNOWN),
            )
        )
