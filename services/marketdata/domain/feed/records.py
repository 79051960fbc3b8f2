"""Records of a feed in columns, in the order in which they came, and what is found of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SECOND = 1_000_000_000  # ns
DAY = 86_400 * SECOND
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


class Fault(IntEnum):
    """Why a record is kept apart. Of several that hold, the first in this order is told."""

    NONE = 0
    MALFORMED = 1  # the message cannot be read, or its columns have unequal lengths
    UNKNOWN_SYMBOL = 2  # the dataset has no such instrument
    WRONG_CURRENCY = 3  # it is priced in another currency than the instrument
    NOT_FINITE = 4  # a price or size is NaN or infinite
    NON_POSITIVE = 5  # a price is zero or negative
    BAD_SIZE = 6  # a size is negative, or beyond 10^15
    FUTURE = 7  # it says to have happened later than now, by more than clocks may differ
    STALE = 8  # it is older than what is kept
    DUPLICATE = 9  # its source has given it before
    OUT_OF_ORDER = 10  # it happened before what its source gave last
    SPIKE = 11  # its price jumps, by a robust z-score, and nothing has confirmed it
    DISAGREES = 12  # other sources, no less reliable and with some history, give another price
    OUT_OF_SESSION = 13  # its exchange has no session near it; told before DUPLICATE


@dataclass(frozen=True, slots=True)
class Stream:
    """What one source tells of one symbol of a dataset."""

    dataset_id: str
    symbol: str
    source: str


@dataclass(frozen=True, slots=True)
class Records:
    """n records; `stream` is an index into whatever list of streams they are examined with."""

    stream: Ints  # (n,)
    occurred_at: Ints  # (n,) ns since 1970, UTC
    price: Floats  # (n,) in the instrument's currency
    size: Floats  # (n,) units; 0: a quote
    number: Ints  # (n,) that the source gave it, rising; 0: it numbers nothing
    released: Bools  # (n,) let out of quarantine by hand: only what makes it impossible to store is looked at
    told: Ints  # (n,) of Fault: what is known to be wrong with it already

    def __len__(self) -> int:
        """How many."""
        return len(self.stream)

    def at(self, index: Ints | Bools) -> Records:
        """Some of them, in the order of the index."""
        return Records(
            stream=self.stream[index],
            occurred_at=self.occurred_at[index],
            price=self.price[index],
            size=self.size[index],
            number=self.number[index],
            released=self.released[index],
            told=self.told[index],
        )

    @classmethod
    def joined(cls, parts: Sequence[Records]) -> Records:
        """One after the other; at least one part."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))


def nanoseconds(moment: datetime) -> int:
    """Return the ns since 1970, exactly; of a moment that 64 bits do not hold those of the nearest that they do."""
    since = moment - _UNIX
    exact = ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000
    return min(max(exact, -(2**63)), 2**63 - 1)


def rank(keys: Ints) -> Ints:
    """Return of each element how many of the same key stand before it. (n,) → (n,)"""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(keys) else np.zeros(0, np.int64)
    within = np.arange(len(keys)) - np.repeat(starts, np.diff(np.r_[starts, len(keys)]))
    ranks = np.empty(len(keys), np.int64)
    ranks[order] = within
    return ranks
