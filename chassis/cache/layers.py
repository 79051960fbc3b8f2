"""The layers before the database, from the nearest on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter
from pydantic import SecretStr

from chassis.cache.entry import Entry, form_of
from chassis.cache.memory import Memory
from chassis.settings import CacheSettings

if TYPE_CHECKING:
    from chassis.cache.shared import Shared

Counts = Callable[[Entry], Awaitable[bool]]


class Layers:
    """L1, and L2 where there is a Redis; both are counted in cache_requests_total{cache, layer, result}.

    Results: `hit`, `miss`, `stale` (an entry that did not count any more), `gone` (Redis is not asked).
    """

    def __init__(self, name: str, memory: Memory, shared: Shared | None, registry: CollectorRegistry) -> None:
        self._memory, self._shared = memory, shared
        total = Counter("cache_requests", "Cache requests", ["cache", "layer", "result"], registry=registry)
        self._l1 = {result: total.labels(name, "l1", result) for result in ("hit", "miss", "stale")}
        self._l2 = {result: total.labels(name, "l2", result) for result in ("hit", "miss", "stale", "gone")}

    async def find(self, key: str, counts: Counts) -> Entry | None:
        """The nearest entry that counts, from now on in L1; None if no layer has one."""
        entry = await _counting(self._memory.get(key), counts, self._l1)
        return await self._find_shared(key, counts) if entry is None else entry

    def put(self, key: str, entry: Entry) -> None:
        """Keep an entry in every layer."""
        self._memory.put(key, entry)
        if self._shared is not None:
            self._shared.put(key, entry)

    def drop(self, key: str) -> None:
        """Forget an entry in every layer."""
        self._memory.drop(key)
        if self._shared is not None:
            self._shared.drop(key)

    async def outdate(self, key: str, version: int) -> None:
        """Forget an entry in every layer where it is older than this version."""
        for layer, entry in ((self._memory, self._memory.get(key)), (self._shared, await self._kept(key))):
            if layer is not None and entry is not None and entry.stamp.version < version:
                layer.drop(key)

    async def _kept(self, key: str) -> Entry | None:
        return None if self._shared is None else await self._shared.get(key)

    async def _find_shared(self, key: str, counts: Counts) -> Entry | None:
        if self._shared is None:
            return None
        if self._shared.is_gone:
            self._l2["gone"].inc()
            return None
        entry = await _counting(await self._shared.get(key), counts, self._l2)
        if entry is not None:
            self._memory.put(key, entry)
        return entry


@asynccontextmanager
async def open_layers(
    settings: CacheSettings, redis_url: SecretStr | None, name: str, contract: bytes, registry: CollectorRegistry
) -> AsyncIterator[Layers | None]:
    """The layers of one kind of entry, whose form changes with the contract's bytes; None if nothing is cached.

    Without a Redis there is no L2.
    """
    if not settings.cache:
        yield None
        return
    memory = Memory(settings.cache_entries, settings.cache_seconds, settings.cache_bytes)
    if redis_url is None:
        yield Layers(name, memory, None, registry)
        return
    # Imported here: a process without Redis need not carry its client.
    from chassis.cache.shared import Shared

    url, seconds = redis_url.get_secret_value(), settings.cache_shared_seconds
    shared = Shared.at(url, form=form_of(contract), seconds=seconds)
    try:
        yield Layers(name, memory, shared, registry)
    finally:
        await shared.close()


async def _counting(entry: Entry | None, counts: Counts, results: dict[str, Any]) -> Entry | None:
    """The entry if there is one and it counts; which of it is the case is told to the metrics."""
    if entry is None:
        results["miss"].inc()
        return None
    good = await counts(entry)
    results["hit" if good else "stale"].inc()
    return entry if good else None
