"""Bars of four intervals, rolled up from ticks.

A partial bar tells of some of the ticks of an interval; two of the same interval are combined into one, in any order
and grouping. Of each symbol and interval the newest bar stays open until a tick of a later interval, or the time,
closes it. What comes for a bar that is closed is a correction of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from services.marketdata.domain.feed.records import SECOND, Bools, Floats, Ints

INTERVALS = (60, 300, 3600, 86_400)  # s

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
class Rolled:
    """What ticks made of the open bars."""

    open: Bars  # the newest of each symbol and interval
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


def roll(open_bars: Bars, fresh: Bars) -> Rolled:
    """Combine fresh partial bars with the open ones, of which there is at most one per symbol and interval."""
    late = fresh.start < _opened(open_bars, fresh)
    bars = combined(Bars.joined(open_bars, fresh.at(~late)))
    # They lie by symbol, interval, start: the last of each symbol and interval stays open.
    newest = np.ones(len(bars), np.bool_)
    newest[:-1] = (np.diff(bars.symbol) != 0) | (np.diff(bars.interval) != 0)
    return Rolled(bars.at(newest), bars.at(~newest), fresh.at(late))


def _opened(open_bars: Bars, fresh: Bars) -> Ints:
    """Of each fresh bar, when the open one of its symbol and interval starts; 0 if there is none. (m,)"""
    starts = np.zeros(
        (int(max(open_bars.symbol.max(initial=0), fresh.symbol.max(initial=0))) + 1, len(INTERVALS)), np.int64
    )
    starts[open_bars.symbol, np.searchsorted(INTERVALS, open_bars.interval)] = open_bars.start
    return starts[fresh.symbol, np.searchsorted(INTERVALS, fresh.interval)]


def closed_by_time(open_bars: Bars, now: int) -> Rolled:
    """Close the bars whose interval has passed."""
    passed = open_bars.end() <= now
    return Rolled(open_bars.at(~passed), open_bars.at(passed), Bars.none())
