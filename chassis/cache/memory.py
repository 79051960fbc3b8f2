"""L1: entries in this process, the least recently used forgotten first."""

from __future__ import annotations

import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from chassis.cache.entry import Entry

_SLOT = 250  # bytes: an ordered dict's slot with its link, and the float beside the entry, rounded up


class _Kept(NamedTuple):
    entry: Entry
    until: float  # on the clock
    size: int  # bytes


class Memory:
    """Keeps at most `entries` entries and `size` bytes, each for `seconds`.

    Not cachetools' TTLCache: its one bound is either a count or a size, and here both hold.
    """

    def __init__(
        self,
        entries: int = 1000,
        seconds: float = 300.0,
        size: int = 100_000_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._entries, self._seconds, self._most = entries, seconds, size
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self.size = 0
        """Bytes that are kept, with what keeping them takes."""

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str) -> Entry | None:
        """The entry, now the most recently used; None if there is none or its time is over."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.until <= self._clock():
            self.drop(key)
            return None
        self._kept.move_to_end(key)
        return kept.entry

    def put(self, key: str, entry: Entry) -> None:
        """Keep an entry; one that alone is larger than everything may be is not kept."""
        self.drop(key)
        size = measured(key, entry)
        if size > self._most:
            return
        self._kept[key] = _Kept(entry, self._clock() + self._seconds, size)
        self.size += size
        while len(self._kept) > self._entries or self.size > self._most:
            self.drop(next(iter(self._kept)))

    def drop(self, key: str) -> None:
        """Forget an entry, if there is one."""
        kept = self._kept.pop(key, None)
        if kept is not None:
            self.size -= kept.size


def measured(key: str, entry: Entry) -> int:
    """The bytes that keeping an entry takes."""
    return sum(map(sys.getsizeof, (key, entry, entry.body, entry.stamp, *entry.stamp))) + _SLOT
