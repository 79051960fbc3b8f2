"""Attempts at passwords beyond the limits, told as security events: once an hour for each account and address.

No more than 20 a minute; all of them are counted in the metrics.
"""

from __future__ import annotations

from collections.abc import Callable

from chassis.logging import logger
from services.auth.app.ports import Attempts, Clock
from services.auth.app.security_ports import Alarms
from services.auth.domain.errors import TooManyAttempts
from services.auth.domain.security import Kind, hourly

_REMEMBERED = 10_000  # alarms of an hour that this process knows it has told
_MOST = 20  # alarms in a minute: what anybody could make any number of fills no store


class AlarmedAttempts:
    """The port Attempts; `index` is the blind index of an email address."""

    def __init__(self, attempts: Attempts, alarms: Alarms, index: Callable[[str], bytes], clock: Clock) -> None:
        self._attempts, self._alarms, self._index, self._clock = attempts, alarms, index, clock
        self._told: set[str] = set()
        self._minute, self._count = "", 0

    async def count(self, address: str, email: str = "") -> None:
        """Count an attempt; raises TooManyAttempts, and tells it."""
        try:
            await self._attempts.count(address, email)
        except TooManyAttempts as error:
            await self._tell(error.limit, address, email)
            raise

    async def count_key(self, key_id: str) -> None:
        """Count that a key is exchanged; raises TooManyAttempts, which tells nothing: whoever has the key may."""
        await self._attempts.count_key(key_id)

    async def forgive(self, email: str) -> None:
        """Forget the attempts at an account; raises ConnectionError if they cannot be forgotten everywhere."""
        await self._attempts.forgive(email)

    async def _tell(self, limit: str, address: str, email: str) -> None:
        """Whoever floods us is told once: what this process has told it does not look up again."""
        subject = f"account:{self._index(email).hex()[:16]}" if limit == "account" else ""
        key = hourly(subject or (address if limit == "address" else limit), self._clock.now())
        if key in self._told or not self._takes():
            return
        if len(self._told) >= _REMEMBERED:
            self._told.clear()
        self._told.add(key)
        kind = Kind.ACCOUNT_CLOSED if limit == "account" else Kind.PASSWORDS_GUESSED
        detail = f"more attempts than are allowed, by the limit of the {limit}"
        try:
            await self._alarms.tell(kind, key, subject=subject, ip_address=address, detail=detail)
        except Exception as error:
            # The refusal stands, whether it can be told or not.
            logger().error("alarm_not_told", kind=str(kind), exc_info=error)

    def _takes(self) -> bool:
        minute = f"{self._clock.now():%F %H:%M}"
        if minute != self._minute:
            self._minute, self._count = minute, 0
        self._count += 1
        return self._count <= _MOST
