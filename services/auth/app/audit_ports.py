"""What the audit trail needs from the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.auth.domain.audit import Action, Entry, Head, Link, Stored


@dataclass(frozen=True, slots=True)
class Asked:
    """Which events: empty and None mean all."""

    user_id: str = ""
    action: str = ""
    result: str = ""
    start: datetime | None = None
    end: datetime | None = None


class Waiting(Protocol):
    """What waits to be chained, and the chain's end, in one transaction."""

    async def head(self) -> Head | None:
        """The newest link; None if there is none."""
        ...

    async def code_at(self, seq: int) -> bytes | None:
        """The code of a link; None if it is not there."""
        ...

    async def entries(self) -> Sequence[Stored]:
        """The next entries, in the order in which they were written down."""
        ...

    async def add(self, links: Sequence[Link]) -> None:
        """Chain the entries that were asked for."""
        ...


class AuditStore(Protocol):
    """The chain."""

    async def keep(self, now: datetime, oldest: datetime) -> None:
        """Make room for this month and the next; drop months that ended before the oldest moment's."""
        ...

    async def head(self) -> Head | None:
        """The newest link; None if there is none."""
        ...

    async def last_before(self, moment: datetime) -> Head | None:
        """The newest link that was recorded before a moment; None if there is none."""
        ...

    def sequencing(self) -> AbstractAsyncContextManager[Waiting | None]:
        """A transaction of the one sequencer; None while another works."""
        ...

    async def behind(self, seq: int, limit: int) -> Sequence[Link]:
        """Links in their order."""
        ...

    async def find(self, asked: Asked, before: int | None, limit: int) -> Sequence[Link]:
        """The newest links that are asked for, before a number if one is given, newest first."""
        ...


class Heads(Protocol):
    """Signed heads of the chain in a second place; raises HeadForged for one that is not as it was signed."""

    async def sign(self, head: Head, now: datetime) -> None:
        """Keep this head as the newest, and once an hour for good; an older one changes nothing."""
        ...

    async def newest(self) -> Head | None:
        """The newest head; None if none was ever kept."""
        ...

    async def all(self) -> Mapping[int, bytes]:
        """The codes of all heads that are kept, by number."""
        ...

    async def begin_behind(self, head: Head) -> None:
        """Say that links up to this one are not kept any more."""
        ...

    async def beginning(self) -> Head:
        """The last link that is not kept any more; START if none was ever dropped."""
        ...


class Trail(Protocol):
    """Writes down what is done."""

    async def done(self, action: Action, resource: str) -> None:
        """Write down that the present call did this, where nothing is stored of it."""
        ...

    async def refused(self, action: Action, resource: str, result: str, method: str = "") -> None:
        """Write down that the present call was refused, for this reason; of Action.CALL, which method that was."""
        ...


class Opener(Protocol):
    """Opens what is stored."""

    def open(self, stored: Stored) -> Entry:
        """The entry in clear."""
        ...
