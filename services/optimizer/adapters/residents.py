"""What a worker keeps between tasks: the universes that it was sent last, decoded."""

from __future__ import annotations

from collections import OrderedDict

from services.optimizer.domain.moments import Moments
from services.optimizer.domain.records import from_bytes

MOST = 32
MOST_BYTES = 256 << 20


class Residents:
    """At most `most` universes of `most_bytes` together, and the one that came last in any case."""

    def __init__(self, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._kept: OrderedDict[bytes, tuple[Moments, int]] = OrderedDict()

    def get(self, universe: bytes) -> Moments | None:
        """A universe by its id's 32 bytes; None if it must be sent."""
        found = self._kept.get(universe)
        if found is None:
            return None
        self._kept.move_to_end(universe)
        return found[0]

    def put(self, universe: bytes, moments: bytes | bytearray) -> None:
        """Keep a universe; those used longest ago give way."""
        self._kept[universe] = (from_bytes(Moments, moments), len(moments))
        while len(self._kept) > 1 and (len(self._kept) > self._most or self._bytes() > self._most_bytes):
            self._kept.popitem(last=False)

    def _bytes(self) -> int:
        return sum(size for _, size in self._kept.values())
