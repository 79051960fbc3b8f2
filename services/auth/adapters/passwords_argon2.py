"""Passwords hashed with Argon2id, at OWASP's floor: 19 MiB, two passes, one lane; about 35 ms of one core.

The work runs on a few threads, since it lets go of the interpreter but not of the core; they stand back behind whatever
else wants the core. What waits for them is bounded, so that a flood of logins is refused quickly and does not fill the
memory.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from services.auth.domain.errors import Overloaded

T = TypeVar("T")

_MEMORY_KIB = 19 * 1024
_SECONDS_PER_HASH = 0.035
_NICENESS = 10


class Argon2Passwords:
    """Hashes and verifies off the event loop."""

    def __init__(self, threads: int, most_waiting: int) -> None:
        """Use `threads` threads of 19 MiB each; refuse when `most_waiting` calls are in work or wait."""
        self._hasher = PasswordHasher(time_cost=2, memory_cost=_MEMORY_KIB, parallelism=1, type=Type.ID)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="argon2", initializer=_stand_back)
        self._size = threads
        self._most_waiting = most_waiting
        self._waiting = 0
        self._nobodys = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """A salted hash to store; raises Overloaded."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the hashed one; None takes as long and is false. Raises Overloaded."""
        matches = await self._run(lambda: self._matches(password_hash or self._nobodys, password))
        return matches and password_hash is not None

    def close(self) -> None:
        """Forget what waits, and end the threads."""
        self._threads.shutdown(cancel_futures=True)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except VerifyMismatchError:
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= self._most_waiting:
            raise Overloaded(retry_after=max(1.0, self._waiting * _SECONDS_PER_HASH / self._size))
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def _stand_back() -> None:
    """Let other threads of the machine go first: on Linux niceness is each thread's own."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
