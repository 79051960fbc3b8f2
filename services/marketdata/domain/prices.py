"""Bars by columns: what an upload holds and a store takes."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int32]
FloatArray = NDArray[np.float64]

# (index of the symbol, ordinal of the session, open, high, low, close, adjusted close, volume); NaN is unknown.
BarRow = tuple[int, int, float, float, float, float, float, float]
UNKNOWN = float("nan")


@dataclass(frozen=True, slots=True)
class Prices:
    """B bars of N symbols, by symbol, then session; prices in one currency, volume in units, NaN is unknown."""

    symbols: tuple[str, ...]
    symbol: IntArray  # (B,) index into `symbols`
    session: IntArray  # (B,) proleptic Gregorian ordinal, as date.toordinal gives it
    values: FloatArray  # (B, 6) open, high, low, close, adjusted close, volume

    def __len__(self) -> int:
        return len(self.symbol)


@dataclass(slots=True)
class PriceRows:
    """Bars as they are read, row by row.

    They are kept as machine numbers from the start: to convert a list at the end would hold all threads up.
    """

    numbers_read: array[float] = field(default_factory=lambda: array("d"))
    numbers: dict[str, int] = field(default_factory=dict)

    def number(self, symbol: str) -> int:
        """The symbol's index, given at its first bar."""
        return self.numbers.setdefault(symbol, len(self.numbers))

    def keep(self, row: BarRow) -> None:
        """Add a bar."""
        self.numbers_read.extend(row)

    def prices(self) -> Prices:
        """The bars by columns, sorted, so that each symbol's lie side by side in the store."""
        return Prices(tuple(self.numbers), *_sorted_columns(self.numbers_read))


def _sorted_columns(numbers: array[float]) -> tuple[IntArray, IntArray, FloatArray]:
    table = np.frombuffer(numbers, dtype=np.float64).reshape(-1, 8)
    symbol, session = table[:, 0].astype(np.int32), table[:, 1].astype(np.int32)
    order = np.lexsort((session, symbol))
    return symbol[order], session[order], np.ascontiguousarray(table[order, 2:])
