"""Counters in Redis that all replicas of a service count with: how often passwords were tried, methods called."""

from __future__ import annotations

from collections.abc import Coroutine

from limits.aio.storage import RedisStorage
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from chassis.cache.breaker import Breaker
from chassis.logging import logger

GONE = (RedisError, OSError)
_CONNECTIONS = 8
_TIMEOUT = 1.0  # seconds; after one the next second is counted without Redis


def storage_at(url: str, prefix: str) -> RedisStorage:
    """A store on few connections: a flood of calls waits its turn, and is not taken for a Redis that is gone."""
    pool = BlockingConnectionPool.from_url(
        url,
        protocol=2,
        retry=Retry(NoBackoff(), 0),
        max_connections=_CONNECTIONS,
        timeout=_TIMEOUT,
        socket_connect_timeout=_TIMEOUT,
        socket_timeout=_TIMEOUT,
    )
    return RedisStorage(
        "async+redis://",
        implementation="redispy",
        key_prefix=prefix,
        connection_pool=pool,  # type: ignore[arg-type]  # options are redis-py's, whatever limits says
    )


class Counters:
    """Counters that are known as long as Redis answers; is a `Shared`."""

    def __init__(self, url: str, prefix: str) -> None:
        self._storage, self._breaker = storage_at(url, prefix), Breaker()

    @property
    def is_gone(self) -> bool:
        """Whether Redis failed just now, so that it is not asked."""
        return self._breaker.is_open

    async def add(self, name: str, amount: int, seconds: int) -> int | None:
        """Adds to a counter that is kept so long; returns what it is then, None if Redis does not answer."""
        return await self._asked(self._storage.incr(name, seconds, amount))

    async def read(self, name: str) -> int | None:
        """Returns what a counter is, 0 if there is none, None if Redis does not answer."""
        return await self._asked(self._storage.get(name))

    async def _asked(self, question: Coroutine[None, None, int]) -> int | None:
        if not self._breaker.admits():
            question.close()
            return None
        try:
            found = await question
        except GONE as error:
            if self._breaker.failed():
                logger().warning("calls_counted_here", why=f"{type(error).__name__}: {error}")
            return None
        if self._breaker.worked():
            logger().info("calls_counted_by_all")
        return found
