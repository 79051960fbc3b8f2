"""Bars are what their ticks say, however these were cut into batches."""

import itertools
from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.marketdata.domain.feed.records import SECOND
from services.marketdata.domain.feed.rollup import (
    INTERVALS,
    Bars,
    Progress,
    close_by_time,
    combined,
    of_ticks,
    roll,
    still_kept,
)

NAMES = ("open", "high", "low", "close", "volume", "ticks", "first_at", "last_at")
TICKS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2 * 86_400), st.integers(1, 500), st.integers(0, 9)), max_size=60
)


def fresh(ticks):
    """Ticks of (symbol, second, price, size)."""
    symbol, second, price, size = (np.array([row[i] for row in ticks], np.int64) for i in range(4))
    return of_ticks(symbol, second * SECOND, price.astype(float), size.astype(float))


def by_hand(ticks):
    """Each bar as a loop over its ticks makes it, by (symbol, interval, start)."""
    held = defaultdict(list)
    for order, (symbol, second, price, size) in enumerate(ticks):
        for interval in INTERVALS:
            held[symbol, interval, second // interval * interval * SECOND].append((second * SECOND, order, price, size))
    bars = {}
    for key, rows in held.items():
        rows.sort()
        prices = [row[2] for row in rows]
        volume = sum(row[3] for row in rows)
        bars[key] = (prices[0], max(prices), min(prices), prices[-1], volume, len(rows), rows[0][0], rows[-1][0])
    return bars


def table(*parts):
    joined = Bars.joined(*parts)
    keys = zip(joined.symbol.tolist(), joined.interval.tolist(), joined.start.tolist(), strict=True)
    values = zip(*(getattr(joined, name).tolist() for name in NAMES), strict=True)
    return dict(zip(keys, values, strict=True))


@given(TICKS)
def test_a_bar_is_what_its_ticks_say(ticks):
    assert table(fresh(ticks)) == by_hand(ticks)


@given(TICKS, st.sets(st.integers(1, 59)))
def test_bars_do_not_depend_on_how_ticks_are_cut_into_batches(ticks, cuts):
    ticks.sort(key=lambda row: row[1])  # what is late has a test of its own
    progress, closed = Progress.none(4), Bars.none()
    edges = [0, *sorted(cut for cut in cuts if cut < len(ticks)), len(ticks)]
    for first, last in itertools.pairwise(edges):
        rolled = roll(progress, fresh(ticks[first:last]))
        assert len(rolled.late) == 0
        progress = Progress.unpacked(rolled.progress.packed())
        assert table(progress.open) == table(rolled.progress.open)
        assert progress.until.tolist() == rolled.progress.until.tolist()
        closed = Bars.joined(closed, rolled.closed)
    assert len(table(closed)) == len(closed)
    assert table(closed, progress.open) == by_hand(ticks)
    newest = {(symbol, interval): start for symbol, interval, start in sorted(by_hand(ticks))}
    assert {key[:2]: key[2] for key in table(progress.open)} == newest


@given(TICKS, st.integers(0, 60), st.integers(0, 3 * 86_400))
def test_late_ticks_correct_the_bars_that_were_closed(ticks, cut, passed):
    first = roll(Progress.none(4), fresh(ticks[:cut]))
    timed = close_by_time(first.progress, passed * SECOND, np.ones(4, bool))
    second = roll(timed.progress, fresh(ticks[cut:]))
    closed = Bars.joined(first.closed, timed.closed, second.closed)
    assert len(table(closed)) == len(closed)  # a bar is closed once, and then only corrected
    assert table(combined(Bars.joined(closed, second.late, second.progress.open))) == by_hand(ticks)
    open_keys = set(table(second.progress.open))
    assert not open_keys & set(table(closed, second.late))


QUIET, BUSY = np.array([True]), np.array([False])


def test_time_closes_a_bar_of_a_symbol_that_is_quiet():
    progress = roll(Progress.none(1), fresh([(0, 30, 100, 1)])).progress
    assert len(close_by_time(progress, 59 * SECOND, QUIET).closed) == 0
    assert len(close_by_time(progress, 60 * SECOND, BUSY).closed) == 0
    later = close_by_time(progress, 60 * SECOND, QUIET)
    assert later.closed.interval.tolist() == [60]
    assert sorted(later.progress.open.interval.tolist()) == [300, 3600, 86_400]


def test_nothing_is_rolled_up_of_nothing():
    assert Progress.none(0).packed() == []
    assert Progress.unpacked([b"", b""]).packed() == Progress.none(2).packed()
    assert len(roll(Progress.none(0), fresh([])).closed) == 0


def test_bars_that_are_too_old_to_be_kept_are_left_out():
    bars = fresh([(0, 0, 100, 1), (0, 86_400, 100, 1)])
    now = (7 * 86_400 + 1) * SECOND
    kept = still_kept(bars, now)
    assert sorted(zip(kept.interval.tolist(), (kept.start // SECOND).tolist(), strict=True)) == [
        (60, 86_400),
        (300, 0),
        (300, 86_400),
        (3600, 0),
        (3600, 86_400),
        (86_400, 0),
        (86_400, 86_400),
    ]
