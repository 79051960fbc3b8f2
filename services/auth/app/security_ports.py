"""What watching over the installation needs from the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from services.auth.domain.security import Kind, Policy, SecurityEvent


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: empty means all."""

    kind: str = ""
    user_id: str = ""


class SecurityEvents(Protocol):
    """The events that were told."""

    async def find(self, wanted: Wanted, before: str | None, limit: int) -> Sequence[SecurityEvent]:
        """The newest that are wanted, made before an id if one is given, newest first."""
        ...

    async def horizon(self) -> int:
        """A number of a transaction before which nothing is committed any more that is not seen already."""
        ...

    async def told(self, since: int, before: int, limit: int) -> tuple[Sequence[SecurityEvent], int]:
        """What transactions told from `since` on and before another, in their order, and up to which that is all."""
        ...


class Policies(Protocol):
    """Keeps the policy."""

    async def get(self) -> Policy:
        """As it is now."""
        ...

    async def change(self, changes: Mapping[str, Any], version: int | None) -> Policy:
        """Replace these fields and return all; raises EtagMismatch if a version is given and the stored is another."""
        ...


class Alarms(Protocol):
    """Tells security events, and writes them down for the audit trail."""

    async def tell(
        self, kind: Kind, key: str, *, user_id: str = "", subject: str = "", ip_address: str = "", detail: str = ""
    ) -> bool:
        """Tell one, unless one of this kind and key was told before; whether it was told."""
        ...


class Timer(Protocol):
    """Durations, and waiting."""

    def monotonic(self) -> float:
        """Seconds of a clock that only rises."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait so long."""
        ...
