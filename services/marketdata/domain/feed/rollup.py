"""Bars of four intervals, rolled up from ticks.

A partial bar tells of some of the ticks of an interval; two of the same interval are combined into one, in any order
and grouping. Of each symbol and interval the newest bar stays open until a tick of a later interval, or the time,
closes it. What comes for a bar that is closed is a correction of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.marketdata.domain.feed.records import DAY, SECOND, Bools, Floats, Ints

INTERVALS = (60, 300, 3600, 86_400)  # s
KEPT = (7, 30, 365, 3653)  # days that the bars of each are kept, as the specification has it

_FIELDS = (
    ("symbol", "<i8"),
    ("interval", "<i8"),
    ("start", "<i8"),
    ("open", "<f8"),
    ("high", "<f8"),
    ("low", "<f8"),
    ("close", "<f8"),
    ("volume", "<f8"),
    ("ticks", "<i8"),
    ("first_at", "<i8"),
    ("last_at", "<i8"),
)
_ROW = np.dtype(list(_FIELDS[1:]))


@dataclass(frozen=True, slots=True)
class Bars:
    """m bars in columns; times in ns since 1970, UTC. Starts are whole multiples of the interval since 1970."""

    symbol: Ints  # (m,)
    interval: Ints  # (m,) s
    start: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats  # units
    ticks: Ints  # how many it tells of
    first_at: Ints  # of the tick that is `open`
    last_at: Ints  # of the tick that is `close`

    def __len__(self) -> int:
        """How many."""
        return len(self.symbol)

    def at(self, index: Ints | Bools) -> Bars:
        """Some of them, in the order of the index."""
        return Bars(*(getattr(self, name)[index] for name, _ in _FIELDS))

    def end(self) -> Ints:
        """When each ends, ns. (m,)"""
        return self.start + self.interval * SECOND

    @classmethod
    def none(cls) -> Bars:
        """No bars."""
        return cls(*(np.zeros(0, kind) for _, kind in _FIELDS))

    @classmethod
    def joined(cls, *parts: Bars) -> Bars:
        """One after the other."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name, _ in _FIELDS))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the bars of S symbols are."""

    open: Bars  # the newest of each symbol and interval, unless time has closed it
    until: Ints  # (S, 4) up to when the bars of each symbol and interval are closed, ns

    @classmethod
    def none(cls, symbols: int) -> Progress:
        """Nothing was rolled up yet."""
        return cls(Bars.none(), np.zeros((symbols, len(INTERVALS)), np.int64))

    @classmethod
    def unpacked(cls, rows: Sequence[bytes]) -> Progress:
        """What was packed, one row per symbol; an empty row: nothing yet."""
        head = np.dtype("<i8").itemsize * len(INTERVALS)
        until = [np.frombuffer(row[:head] or bytes(head), "<i8") for row in rows]
        tables = [np.frombuffer(row[head:], _ROW) for row in rows]
        table = np.concatenate(tables or [np.empty(0, _ROW)])
        symbol = np.repeat(np.arange(len(rows)), [len(each) for each in tables])
        bars = Bars(symbol, *(table[name].copy() for name, _ in _FIELDS[1:]))
        return cls(bars, np.array(until, np.int64).reshape(len(rows), len(INTERVALS)))

    def packed(self) -> list[bytes]:
        """One row per symbol."""
        table = np.empty(len(self.open), _ROW)
        for name, _ in _FIELDS[1:]:
            table[name] = getattr(self.open, name)
        by_symbol = np.argsort(self.open.symbol, kind="stable")
        cuts = np.searchsorted(self.open.symbol[by_symbol], np.arange(1, len(self.until)))
        parts = np.split(table[by_symbol], cuts) if len(self.until) else []
        return [row.astype("<i8").tobytes() + part.tobytes() for row, part in zip(self.until, parts, strict=True)]

    def is_closed(self, bars: Bars) -> Bools:
        """Whether each bar's interval is closed. (m,)"""
        return bars.start < self.until[bars.symbol, _column(bars)]

    def closing(self, closed: Bars, open_bars: Bars) -> Progress:
        """The progress after these bars are closed, and those are the ones still open."""
        until = self.until.copy()
        np.maximum.at(until, (closed.symbol, _column(closed)), closed.end())
        return Progress(open_bars, until)


@dataclass(frozen=True, slots=True)
class Rolled:
    """What ticks, or time, made of the open bars."""

    progress: Progress
    closed: Bars
    late: Bars  # partial: of intervals that were closed before


def of_ticks(symbol: Ints, occurred_at: Ints, price: Floats, size: Floats) -> Bars:
    """Return the partial bars of some ticks, all intervals of them."""
    n = len(symbol)
    each = Bars(
        symbol, symbol, symbol, price, price, price, price, size, np.ones(n, np.int64), occurred_at, occurred_at
    )
    parts = []
    for interval in INTERVALS:
        width = interval * SECOND
        columns = {name: getattr(each, name) for name, _ in _FIELDS}
        columns |= {"interval": np.full(n, interval), "start": occurred_at // width * width}
        parts.append(combined(Bars(**columns)))
    return Bars.joined(*parts)


def combined(bars: Bars) -> Bars:
    """Return one bar per symbol, interval and start, by these; of ticks at the same time the later given closes."""
    if not len(bars):
        return bars
    arrival = np.arange(len(bars))
    keys = (bars.start, bars.interval, bars.symbol)
    by_first = bars.at(np.lexsort((arrival, bars.first_at, *keys)))
    by_last = bars.at(np.lexsort((arrival, bars.last_at, *keys)))
    new = (np.diff(by_first.start) != 0) | (np.diff(by_first.interval) != 0) | (np.diff(by_first.symbol) != 0)
    first = np.r_[0, np.flatnonzero(new) + 1]
    last = np.r_[first[1:], len(bars)] - 1
    return Bars(
        symbol=by_first.symbol[first],
        interval=by_first.interval[first],
        start=by_first.start[first],
        open=by_first.open[first],
        high=np.maximum.reduceat(by_first.high, first),
        low=np.minimum.reduceat(by_first.low, first),
        close=by_last.close[last],
        volume=np.add.reduceat(by_first.volume, first),
        ticks=np.add.reduceat(by_first.ticks, first),
        first_at=by_first.first_at[first],
        last_at=by_last.last_at[last],
    )


def roll(progress: Progress, fresh: Bars) -> Rolled:
    """Combine fresh partial bars with the open ones; of each symbol and interval the newest stays open."""
    late = progress.is_closed(fresh)
    bars = combined(Bars.joined(progress.open, fresh.at(~late)))
    # They lie by symbol, interval, start.
    newest = np.ones(len(bars), np.bool_)
    newest[:-1] = (np.diff(bars.symbol) != 0) | (np.diff(bars.interval) != 0)
    closed = bars.at(~newest)
    return Rolled(progress.closing(closed, bars.at(newest)), closed, fresh.at(late))


def close_by_time(progress: Progress, now: int, quiet: Bools) -> Rolled:
    """Close the bars of quiet symbols (S,) whose interval has passed."""
    passed = quiet[progress.open.symbol] & (progress.open.end() <= now)
    closed = progress.open.at(passed)
    return Rolled(progress.closing(closed, progress.open.at(~passed)), closed, Bars.none())


def still_kept(bars: Bars, now: int) -> Bars:
    """Leave out what is too old to be kept, such as the bars of a symbol that nothing was heard of for long."""
    oldest = now - np.array(KEPT) * DAY
    return bars.at(bars.start >= oldest[_column(bars)])


def _column(bars: Bars) -> Ints:
    return np.searchsorted(INTERVALS, bars.interval)
