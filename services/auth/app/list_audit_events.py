"""ListAuditEvents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.auth.app.audit_ports import Asked, AuditStore, Opener
from services.auth.domain.audit import Entry

PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Entries with their numbers, newest first, and the number that the next page lies before; None on the last."""

    rows: Sequence[tuple[int, Entry]]
    after: int | None


@dataclass(frozen=True, slots=True)
class ListAuditEvents:
    """Lists entries page by page, newest first."""

    store: AuditStore
    opener: Opener

    async def __call__(self, asked: Asked, before: int | None, page_size: int) -> Page:
        """A page. A size of 0 means 50."""
        size = page_size or PAGE
        found = await self.store.find(asked, before, size + 1)
        rows = [(link.seq, self.opener.open(link.entry)) for link in found[:size]]
        return Page(rows, found[size - 1].seq if len(found) > size else None)
