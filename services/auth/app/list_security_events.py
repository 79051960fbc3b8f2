"""ListSecurityEvents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.auth.app.security_ports import SecurityEvents, Wanted
from services.auth.domain.security import SecurityEvent

PAGE = 50


@dataclass(frozen=True, slots=True)
class ListSecurityEvents:
    """Lists events page by page, newest first."""

    events: SecurityEvents

    async def __call__(
        self, wanted: Wanted, before: str | None, page_size: int
    ) -> tuple[Sequence[SecurityEvent], str | None]:
        """A page, and the id that the next one lies before; None on the last. A size of 0 means 50."""
        size = page_size or PAGE
        found = await self.events.find(wanted, before, size + 1)
        return found[:size], found[size - 1].id if len(found) > size else None
