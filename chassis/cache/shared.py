"""L2: entries in Redis, for all replicas.

Whatever goes wrong there is a miss: nobody learns of it but the log, and after a failure nobody waits for it either.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import Context
from typing import TYPE_CHECKING, Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from chassis.cache.breaker import Breaker
from chassis.cache.coalescer import Coalescer
from chassis.cache.entry import Entry, decode, encode
from chassis.logging import logger

if TYPE_CHECKING:
    from typing import Self

_TIMEOUT = 0.25  # seconds: later than that the database has answered
_MOST_PENDING = 1000  # writes; beyond them the newest are not made


class Shared:
    """Reads what is asked at the same time in one MGET; writes behind the readers' backs in one pipeline."""

    def __init__(self, redis: Redis, *, form: str, seconds: float, breaker: Breaker | None = None) -> None:
        """Entries of one form (see `entry`), each kept for `seconds`."""
        self._redis, self._form = redis, form
        self._milliseconds = max(1, round(1000 * seconds))
        self._breaker = breaker or Breaker()
        self._reads: Coalescer[str, Entry] = Coalescer(self._read)
        self._pending: dict[str, bytes | None] = {}
        self._writing: asyncio.Task[None] | None = None

    @classmethod
    def at(cls, url: str, *, form: str, seconds: float, breaker: Breaker | None = None) -> Self:
        """On the Redis at `redis://…` or `unix://…`, to which it connects when it is first asked."""
        # Each step is limited too: a limit around many of them can be lost in one (see chassis.serve).
        redis = Redis.from_url(
            url,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=_TIMEOUT,
            socket_timeout=_TIMEOUT,
        )
        return cls(redis, form=form, seconds=seconds, breaker=breaker)

    @property
    def is_gone(self) -> bool:
        """Whether Redis failed just now, so that it is not asked."""
        return self._breaker.is_open

    async def get(self, key: str) -> Entry | None:
        """The entry, None if there is none that can be read."""
        return None if self._breaker.is_open else await self._reads.ask(key)

    def put(self, key: str, entry: Entry) -> None:
        """Keep an entry, soon."""
        self._write_soon(key, encode(self._form, key, entry))

    def drop(self, key: str) -> None:
        """Forget an entry, soon."""
        self._write_soon(key, None)

    async def settled(self) -> None:
        """Wait until what was to be written is written, or given up."""
        while self._writing is not None:
            await asyncio.shield(self._writing)

    async def close(self) -> None:
        """Write what is left, and disconnect."""
        await self.settled()
        async with self._forgiven():
            await self._redis.aclose()

    async def _read(self, keys: Sequence[str]) -> Mapping[str, Entry]:
        if not self._breaker.admits():
            return {}
        values: Any = ()
        async with self._forgiven():
            values = await self._redis.mget(keys)
        found = {key: decode(self._form, key, value) for key, value in zip(keys, values, strict=False) if value}
        return {key: entry for key, entry in found.items() if entry is not None}

    def _write_soon(self, key: str, value: bytes | None) -> None:
        if self._breaker.is_open or len(self._pending) >= _MOST_PENDING:
            return
        self._pending[key] = value
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all(), context=Context())

    async def _write_all(self) -> None:
        try:
            while self._pending:
                batch, self._pending = self._pending, {}
                if self._breaker.admits():
                    await self._write(batch)
        finally:
            self._writing = None

    async def _write(self, batch: Mapping[str, bytes | None]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for key, value in batch.items():
            if value is None:
                pipeline.delete(key)
            else:
                pipeline.psetex(key, self._milliseconds, value)
        async with self._forgiven():
            await pipeline.execute()

    @asynccontextmanager
    async def _forgiven(self) -> AsyncIterator[None]:
        """Whatever happens inside, also nothing for too long, is at most a miss: no read fails for the cache's sake."""
        try:
            async with asyncio.timeout(_TIMEOUT):
                yield
        except Exception as error:
            if self._breaker.failed():
                logger().warning("cache_unavailable", error=repr(error))
        else:
            if self._breaker.worked():
                logger().info("cache_available")
