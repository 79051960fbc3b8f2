"""Ticks, the batches they are published in, and places between batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Tick:
    """A price as it happened; `seq` counts the ticks of a symbol in a dataset."""

    symbol: str
    price: float
    session: date
    occurred_at: datetime
    seq: int
    unshown: int = 0  # ticks of the symbol just before it that were stored while the bus was away


class StoredTick(NamedTuple):
    """A tick as the store has it, and the session it belongs to."""

    symbol: str
    seq: int
    occurred_at: int  # ns since 1970, UTC
    price: float
    session: int  # its day's ordinal


@dataclass(frozen=True, slots=True)
class Quote:
    """A price to be published; the bus numbers it."""

    symbol: str
    price: float


@dataclass(frozen=True, slots=True)
class Batch:
    """Ticks published together, at most one per symbol; versions of a dataset rise by one."""

    epoch: str
    version: int
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """Behind which batch a reader stands. The epoch changes when the bus lost its state and counts anew."""

    epoch: str
    version: int


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest tick of a symbol, and the version that brought it."""

    version: int
    tick: Tick


@dataclass(frozen=True, slots=True)
class FeedState:
    """All that the bus keeps of a dataset, read at one moment."""

    position: Position
    newest: Mapping[str, Newest]
    kept: Sequence[Batch]  # the last batches, without a gap up to `position`


@dataclass(frozen=True, slots=True)
class Frame:
    """What one message to a subscriber tells."""

    snapshot: bool
    ticks: tuple[Tick, ...]
    position: Position
    conflated: int
