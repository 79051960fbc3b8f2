"""What is remembered of each stream, so that its next record can be judged: constant size, kept between batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.marketdata.domain.feed.records import Floats, Ints

WINDOW = 32  # last accepted log returns that a jump is measured against
REFRESH = 8  # accepted returns between two measurements of the window

_ROW = np.dtype(
    [
        ("last_number", "<i8"),
        ("seen_at", "<i8"),
        ("seen_price", "<f8"),
        ("seen_size", "<f8"),
        ("last_at", "<i8"),
        ("last_price", "<f8"),
        ("returns", "<i8"),
        ("center", "<f8"),
        ("scale", "<f8"),
        ("suspect_price", "<f8"),
        ("suspects", "<i8"),
        ("window", "<f8", (WINDOW,)),
    ]
)


@dataclass(frozen=True, slots=True)
class Memory:
    """Of S streams; changed in place as records are examined."""

    last_number: Ints  # (S,) of what was seen last; 0: it numbers nothing
    seen_at: Ints  # (S,) of what was seen and is sound by itself, the newest, ns
    seen_price: Floats  # (S,)
    seen_size: Floats  # (S,)
    last_at: Ints  # (S,) of what was accepted, the newest, ns
    last_price: Floats  # (S,) of it; NaN: nothing was
    returns: Ints  # (S,) accepted log returns so far
    center: Floats  # (S,) median of the window
    scale: Floats  # (S,) 1.4826 · median absolute deviation of the window; NaN until measured
    suspect_price: Floats  # (S,) of the last spike
    suspects: Ints  # (S,) spikes in a row that agree with each other
    window: Floats  # (S, WINDOW) a ring; NaN where there is none yet

    @classmethod
    def of(cls, rows: Sequence[bytes]) -> Memory:
        """What was packed; nothing is remembered of a stream whose row is empty. (S,)"""
        blank = np.zeros(1, _ROW)
        blank["last_price"] = blank["seen_price"] = blank["scale"] = np.nan
        blank["suspect_price"] = blank["window"] = np.nan
        read = np.concatenate([np.frombuffer(row, _ROW) if row else blank for row in rows] or [blank[:0]])
        return cls(*(read[name].copy() for name in cls.__slots__))

    def packed(self) -> list[bytes]:
        """One row per stream, in their order."""
        table = np.empty(len(self.last_at), _ROW)
        for name in self.__slots__:
            table[name] = getattr(self, name)
        return [row.tobytes() for row in table]

    def learn(self, streams: Ints, log_returns: Floats) -> None:
        """Take accepted returns into the windows, at most one per stream."""
        self.window[streams, self.returns[streams] % WINDOW] = log_returns
        self.returns[streams] += 1
        due = streams[self.returns[streams] % REFRESH == 0]
        if len(due):
            self.center[due], self.scale[due] = _measured(self.window[due])

    def learn_many(self, stream: int, log_returns: Floats) -> None:
        """Take accepted returns of one stream in, in their order: as if one by one."""
        before, after = int(self.returns[stream]), int(self.returns[stream]) + len(log_returns)
        past = self.window[stream, np.arange(max(0, before - WINDOW), before) % WINDOW]
        row = np.concatenate([past, log_returns])
        self.returns[stream] = after
        kept = row[-WINDOW:]
        self.window[stream, np.arange(after - len(kept), after) % WINDOW] = kept
        measured = after // REFRESH * REFRESH  # when the window was measured last
        if measured > before:
            then = row[: len(row) - (after - measured)][-WINDOW:]
            [self.center[stream]], [self.scale[stream]] = _measured(then[None])


def _measured(window: Floats) -> tuple[Floats, Floats]:
    """The median of each row, and 1.4826 times its median absolute deviation; NaN is not counted. (S, W) → (S,), (S,)

    Huber (1981), Robust Statistics: 1.4826 makes the MAD of a normal sample its standard deviation.
    """
    center = _median(window)
    return center, 1.4826 * _median(np.abs(window - center[:, None]))


def _median(rows: Floats) -> Floats:
    ordered = np.sort(rows, axis=1)  # NaN last
    count = np.isfinite(rows).sum(axis=1)
    place = np.arange(len(rows))
    middle: Floats = (ordered[place, (count - 1) // 2] + ordered[place, count // 2]) / 2
    return middle
