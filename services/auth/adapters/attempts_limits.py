"""Attempts to guess passwords, counted in Redis for all replicas; where there is no Redis, by this process alone.

Three limits, each over a moving window: of the network address, of the account and of everybody. What one refuses the
next does not count, so that an address that is refused locks no account, and a locked account uses up nobody's share.
An account is counted whether it exists or not, by the blind index of its address.

An attacker who stops Redis gains what one more window allows, per process.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from prometheus_client import CollectorRegistry, Counter

from chassis.cache.breaker import Breaker
from chassis.counters import GONE, storage_at
from chassis.logging import logger
from services.auth.domain.attempts import Limits
from services.auth.domain.errors import TooManyAttempts

if TYPE_CHECKING:
    Window = tuple[str, RateLimitItem, str]  # the limit's name, the limit, and who it is counted for

_NETWORK = 64  # bits of an IPv6 address that one customer of a provider has


class LimitedAttempts:
    """Counts attempts; `index` is the blind index of an email address.

    login_attempts_total{result}: `counted`, or the limit that refused: `address`, `account`, `key`, `everybody`.
    """

    def __init__(
        self, limits: Limits, redis_url: str, index: Callable[[str], bytes], registry: CollectorRegistry
    ) -> None:
        self._account, self._address = parse(limits.account), parse(limits.address)
        self._everybody, self._key = parse(limits.everybody), parse(limits.key)
        self._index = index
        self._shared, self._own = (
            MovingWindowRateLimiter(storage_at(redis_url, "auth:attempts")),
            MovingWindowRateLimiter(MemoryStorage()),
        )
        self._breaker = Breaker()
        total = Counter("login_attempts", "Attempts to log in or register", ["result"], registry=registry)
        self._results = {name: total.labels(name) for name in ("counted", "address", "account", "key", "everybody")}

    async def count(self, address: str, email: str = "") -> None:
        """Count an attempt from a network address, at an account if one is named; raises TooManyAttempts."""
        windows: list[Window] = [("address", self._address, _place(address))]
        if email:
            windows.append(("account", self._account, self._name(email)))
        windows.append(("everybody", self._everybody, ""))
        refused = await self._refused(windows)
        self._results["counted" if refused is None else refused[0]].inc()
        if refused is not None:
            raise TooManyAttempts(refused[1], refused[0])

    async def count_key(self, key_id: str) -> None:
        """Count that a key is exchanged, whose attempt was counted; raises TooManyAttempts."""
        refused = await self._refused([("key", self._key, key_id)])
        if refused is not None:
            self._results["key"].inc()
            raise TooManyAttempts(refused[1], refused[0])

    async def forgive(self, email: str) -> None:
        """Forget the attempts at an account; raises ConnectionError if they cannot be forgotten everywhere."""
        name = self._name(email)
        await self._own.clear(self._account, "account", name)
        try:
            await self._shared.clear(self._account, "account", name)
        except GONE as error:
            raise ConnectionError from error

    async def _refused(self, windows: Sequence[Window]) -> tuple[str, float] | None:
        """The limit that refuses, and in how many seconds it will not; None if none does."""
        if self._breaker.admits():
            try:
                refused = await _first(self._shared, windows)
            except GONE:
                if self._breaker.failed():
                    logger().warning("attempts_counted_here", why="Redis does not answer")
            else:
                if self._breaker.worked():
                    logger().info("attempts_counted_by_all")
                return refused
        # Everybody first: what this process remembers by itself is bounded so.
        return await _first(self._own, windows[::-1])

    def _name(self, email: str) -> str:
        return self._index(email).hex()


async def _first(limiter: MovingWindowRateLimiter, windows: Sequence[Window]) -> tuple[str, float] | None:
    for name, limit, who in windows:
        if not await limiter.hit(limit, name, who):
            stats = await limiter.get_window_stats(limit, name, who)
            return name, max(1.0, stats.reset_time - time.time())
    return None


def _place(address: str) -> str:
    """The address as it is counted: of IPv6 the network, since whoever has one address there has them all."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, _NETWORK), strict=False))
    return str(found)
