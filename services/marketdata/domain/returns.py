"""Simple returns of adjusted closes over the sessions that the asked symbols have together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.marketdata.domain.errors import AnswerTooLarge, NoSessions
from services.marketdata.domain.prices import FloatArray, IntArray

# 8 bytes each: under the 16 MiB that one message may have.
MAX_NUMBERS = 1_800_000


@dataclass(frozen=True, slots=True)
class Closes:
    """B adjusted closes of N symbols in any order; at most one per symbol and session."""

    symbol: IntArray  # (B,) column of the symbol, 0 to N − 1
    session: IntArray  # (B,) ordinal
    price: FloatArray  # (B,) positive


@dataclass(frozen=True, slots=True)
class ReturnsWindow:
    """T sessions' returns of N symbols; NaN where one of the two closes is not known."""

    sessions: IntArray  # (T,) ordinals, rising; a return belongs to the later of its two sessions
    returns: FloatArray  # (T, N), C-contiguous
    observations: IntArray  # (N,) returns known

    @property
    def missing(self) -> IntArray:
        """(N,) returns not known in the window."""
        return np.int32(len(self.sessions)) - self.observations


def returns_window(closes: Closes, symbols: int, lookback: int) -> ReturnsWindow:
    """Compute r(t) = p(t) / p(t−1) − 1 over the last `lookback` + 1 sessions of the union.

    Raises NoSessions if the closes span fewer than two sessions, AnswerTooLarge.
    """
    sessions = np.unique(closes.session)[-(lookback + 1) :]
    if len(sessions) < 2:
        raise NoSessions(f"a return needs two sessions; the asked range holds {len(sessions)}")
    if (len(sessions) - 1) * symbols > MAX_NUMBERS:
        raise AnswerTooLarge(len(sessions) - 1, symbols, MAX_NUMBERS)
    table = _aligned(closes, symbols, sessions)
    with np.errstate(over="ignore"):  # prices 1e308 apart: their return is not known either
        # Equal to p(t) / p(t−1) − 1, and more exact: the difference of two near prices has no rounding error.
        returns = np.diff(table, axis=0) / table[:-1]
    returns[~np.isfinite(returns)] = np.nan
    observations = np.isfinite(returns).sum(axis=0, dtype=np.int32)
    return ReturnsWindow(sessions[1:], returns, observations)


def _aligned(closes: Closes, symbols: int, sessions: IntArray) -> FloatArray:
    """(T + 1) × N prices by session and symbol; NaN where there is none."""
    table = np.full((len(sessions), symbols), np.nan)
    inside = closes.session >= sessions[0]
    rows = np.searchsorted(sessions, closes.session[inside])
    table[rows, closes.symbol[inside]] = closes.price[inside]
    return table
