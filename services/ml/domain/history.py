"""Which sessions an estimate can rest on: those in which every symbol has a return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from services.ml.domain.arrays import FloatArray
from services.ml.domain.errors import InsufficientHistory, ReturnOutOfRange, Shortfall

# A million-fold gain in one session: beyond it squares of returns lose their meaning, and at 1e154 overflow.
LARGEST_RETURN = 1e6
# Far below any tick of any price: counted as no movement, because squares of squares would underflow.
SMALLEST_RETURN = 1e-30


@dataclass(frozen=True, slots=True)
class Returns:
    """Simple returns per session, oldest first.

    `values` is T × N with NaN where a return is not known; `sessions` holds T dates, and `starts` each symbol's first
    session with a price, both empty for returns that came without dates.
    """

    symbols: Sequence[str]
    values: FloatArray
    sessions: Sequence[date] = ()
    starts: Sequence[date | None] = ()

    def last(self, count: int) -> Returns:
        """The newest `count` sessions, or all if there are fewer."""
        first = max(0, len(self.values) - count)
        return Returns(self.symbols, self.values[first:], self.sessions[first:], self.starts)


@dataclass(frozen=True, slots=True)
class SymbolHistory:
    """What the window has of one symbol; `short` if its first return is missing, `stale` if its last is."""

    symbol: str
    start: date | None
    observations: int
    missing: int
    short: bool
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """The common sessions: `values` T × N without NaN; `start` and `end` are the first and last, if dated."""

    symbols: Sequence[str]
    values: FloatArray
    histories: Sequence[SymbolHistory]
    start: date | None
    end: date | None


def common_window(returns: Returns, needed: int) -> Window:
    """The sessions in which every symbol has a return; a return too small to be one counts as 0.

    Raises InsufficientHistory, naming the symbols that are short, if they are fewer than `needed`; ReturnOutOfRange if
    a return is infinite or absurd.
    """
    known = ~np.isnan(returns.values)
    _refuse_absurd(returns, known)
    rows = np.flatnonzero(known.all(axis=1))
    if len(rows) < needed:
        observations = known.sum(axis=0).tolist()
        shortfalls = _shortfalls(returns.symbols, observations, len(known), needed)
        raise InsufficientHistory(len(rows), needed, shortfalls)
    dates = [returns.sessions[row] for row in (rows[0], rows[-1])] if returns.sessions else [None, None]
    values = returns.values[rows]
    values[np.abs(values) < SMALLEST_RETURN] = 0.0
    return Window(returns.symbols, values, histories(returns, known), *dates)


def histories(returns: Returns, known: npt.NDArray[np.bool_]) -> list[SymbolHistory]:
    """What the window has of each symbol, in the order of the columns."""
    starts = returns.starts or [None] * len(returns.symbols)
    observations = known.sum(axis=0).tolist()
    short, stale = (~known[0]).tolist(), (~known[-1]).tolist()
    return [
        SymbolHistory(symbol, start, has, len(known) - has, begins_inside, ends_inside)
        for symbol, start, has, begins_inside, ends_inside in zip(
            returns.symbols, starts, observations, short, stale, strict=True
        )
    ]


def _refuse_absurd(returns: Returns, known: npt.NDArray[np.bool_]) -> None:
    """Raise ReturnOutOfRange for the first return that is infinite or too large."""
    absurd = known & ~(np.abs(returns.values) <= LARGEST_RETURN)
    if absurd.any():
        row, column = np.argwhere(absurd)[0].tolist()
        raise ReturnOutOfRange(returns.symbols[column], row, float(returns.values[row, column]))


def _shortfalls(symbols: Sequence[str], observations: Sequence[int], sessions: int, needed: int) -> list[Shortfall]:
    """Who is short, the shortest first: those with too few returns; if there are none, those whose gaps conspire."""
    short = [has < needed for has in observations]
    if not any(short):
        short = [has < sessions for has in observations]
    named = [
        Shortfall(s, has, needed) for s, has, is_short in zip(symbols, observations, short, strict=True) if is_short
    ]
    return sorted(named, key=lambda shortfall: shortfall.has)
