"""What the vault needs of a key management service: a key that never leaves it wraps keys for us.

A wrapped key opens only within the context it was wrapped in: whose key it is, and where it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from chassis.errors import PeerUnavailable

KEY_SIZE = 32  # bytes, of every key here

Context = Mapping[str, str]


class KmsUnavailable(PeerUnavailable):
    """The key management service does not answer, so that no key is wrapped or unwrapped."""


class KeyRefused(Exception):
    """A wrapped key does not open: it was changed, moved into another context, or its KEK is not there."""


class Kek(NamedTuple):
    """The key that wraps keys."""

    id: str
    since: datetime  # when what it consists of came about: what was wrapped earlier is to be wrapped again


class Wrapped(NamedTuple):
    """A key that only the named KEK opens."""

    kek_id: str
    body: bytes


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class Kms(Protocol):
    """Wraps keys. Whatever it is asked, it may raise KmsUnavailable."""

    async def current(self) -> Kek:
        """The KEK that wraps now."""
        ...

    async def wrap(self, key: bytes, context: Context) -> Wrapped:
        """The key, wrapped by the current KEK."""
        ...

    async def unwrap(self, wrapped: Wrapped, context: Context) -> bytes:
        """The key that was wrapped, by the current KEK or an earlier one. Raises KeyRefused."""
        ...

    async def renew(self, before: datetime) -> None:
        """Make a new KEK if the current one is from before this time; nothing where the service does so itself."""
        ...
