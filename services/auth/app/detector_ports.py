"""What training and watching need from the world."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from services.auth.domain.forest import Forest
from services.auth.domain.security import Kind, Policy, Scored
from services.auth.domain.usage import Usage


class State(StrEnum):
    """What became of a detector."""

    ACTIVE = "active"
    RETIRED = "retired"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Detector:
    """A trained forest without its trees; `contamination` is the part of its own history that it calls unusual."""

    id: str
    state: State
    trained_at: datetime
    history_end: datetime
    minutes: int
    contamination: float
    library_version: str
    problem: str


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training gave; `error` is how far our scores are from the library's, at most."""

    content: bytes
    points: int
    contamination: float
    error: float
    library_version: str


class Trainer(Protocol):
    """Trains forests; takes seconds, and no other call's turn."""

    async def train(self, points: AsyncIterator[Sequence[Sequence[float]]], names: Sequence[str]) -> Trained:
        """A forest on these points, which come bit by bit: the same points give the same one."""
        ...


class Detectors(Protocol):
    """The detectors that are kept."""

    async def add(self, detector: Detector, content: bytes) -> None:
        """Keep one; an active one retires the one before. The same content takes its former's place."""
        ...

    async def list(self, limit: int) -> Sequence[Detector]:
        """The newest."""
        ...

    async def active(self) -> tuple[str, Forest] | None:
        """The active one's id and trees; None if there is none, or one that we did not write."""
        ...


class Usages(Protocol):
    """The history of use."""

    async def count(self, limit: int) -> tuple[int, datetime | None]:
        """How many judged minutes are kept, at most `limit`, and when the newest of them ended."""
        ...

    def history(self, limit: int) -> AsyncIterator[Sequence[Usage]]:
        """The newest judged minutes, newest first, bit by bit."""
        ...

    async def of(self, user_id: str, behind: datetime | None, limit: int) -> Sequence[Usage]:
        """Up to `limit` of a user's minutes behind one, judged or not, oldest first."""
        ...

    def looking(self) -> AbstractAsyncContextManager[Looking]:
        """A transaction in which minutes are judged; what is done in it is kept if the block succeeds."""
        ...

    async def make_room(self, now: datetime) -> None:
        """Forget what is more than 90 days old, and what accounts did that are gone."""
        ...


class Looking(Protocol):
    """Minutes that are to be judged, in one transaction."""

    async def policy(self) -> Policy:
        """The policy as it is now."""
        ...

    async def unscored(self, before: datetime, limit: int) -> Sequence[Usage]:
        """The oldest minutes that began before a moment and were not judged since they last changed."""
        ...

    async def judged(self, usage: Usage, scored: Scored | None) -> None:
        """Keep what was found of a minute; None: there is no detector."""
        ...

    async def latest(self, usage: Usage, count: int) -> Sequence[Scored]:
        """The user's newest judged minutes up to this one, of the last hour, newest first."""
        ...

    async def tell(self, kind: Kind, key: str, user_id: str, said: Mapping[str, str]) -> bool:
        """Tell a security event; whether it was told."""
        ...

    async def block(self, user_id: str, until: datetime) -> bool:
        """Have a user shut out until then; False for an administrator, and for who is shut out or disabled already."""
        ...
