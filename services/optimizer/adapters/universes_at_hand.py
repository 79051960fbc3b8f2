"""Universes as their store keeps them, with the last few at hand: a solve that names one waits for no store."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from services.optimizer.app.ports import Caller, KeptUniverse, NewUniverse, Universes

T = TypeVar("T")

# What was found is believed for so long, though it may have expired or its owner have left: seconds.
BELIEVED = 15.0
MOST_FACTS = 2_000
MOST_BYTES = 64 << 20

Key = tuple[str, str, str]


class Recent(Generic[T]):
    """The values used last, as many as weigh `most` together and none older than `seconds`."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float], weight: Callable[[T], int]) -> None:
        self._most, self._seconds, self._clock, self._weight = most, seconds, clock, weight
        self._values: OrderedDict[Key, tuple[float, T]] = OrderedDict()
        self._total = 0

    def get(self, key: Key) -> T | None:
        """A value; None if it is not at hand."""
        at, value = self._values.get(key, (0.0, None))
        if value is None:
            return None
        if self._clock() - at > self._seconds:
            self.forget(key)
            return None
        self._values.move_to_end(key)
        return value

    def put(self, key: Key, value: T) -> None:
        """Have a value at hand; those used longest ago give way."""
        self.forget(key)
        self._values[key] = (self._clock(), value)
        self._total += self._weight(value)
        while self._total > self._most and self._values:
            self.forget(next(iter(self._values)))

    def forget(self, key: Key) -> None:
        """Let go of a value."""
        _, value = self._values.pop(key, (0.0, None))
        if value is not None:
            self._total -= self._weight(value)


class UniversesAtHand:
    """The port Universes on another one."""

    def __init__(self, inner: Universes, clock: Callable[[], float] = time.monotonic) -> None:
        self._inner = inner
        self._facts: Recent[KeptUniverse] = Recent(MOST_FACTS, BELIEVED, clock, lambda _: 1)
        # Their bytes never change: whoever may have them is asked of the facts.
        self._moments: Recent[bytes] = Recent(MOST_BYTES, BELIEVED, clock, len)

    async def keep(self, caller: Caller, universe: NewUniverse, seconds: int) -> KeptUniverse:
        """See `Universes.keep`."""
        kept = await self._inner.keep(caller, universe, seconds)
        self._facts.put(_key(caller, kept.id), kept)
        self._moments.put(_key(caller, kept.id), universe.moments)
        return kept

    async def extend(self, caller: Caller, universe_id: str, seconds: int) -> KeptUniverse:
        """See `Universes.extend`."""
        kept = await self._inner.extend(caller, universe_id, seconds)
        self._facts.put(_key(caller, universe_id), kept)
        return kept

    async def find(self, caller: Caller, universe_id: str) -> KeptUniverse:
        """See `Universes.find`."""
        key = _key(caller, universe_id)
        kept = self._facts.get(key)
        if kept is None:
            kept = await self._inner.find(caller, universe_id)
            self._facts.put(key, kept)
        return kept

    async def read(self, caller: Caller, universe_id: str) -> bytes:
        """See `Universes.read`."""
        key = _key(caller, universe_id)
        moments = self._moments.get(key)
        if moments is None:
            moments = await self._inner.read(caller, universe_id)
            self._moments.put(key, moments)
        return moments

    async def sweep(self) -> None:
        """See `Universes.sweep`."""
        await self._inner.sweep()


def _key(caller: Caller, universe_id: str) -> Key:
    return caller.tenant_id, caller.user_id, universe_id
