"""ListLinks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.auth.app.ports import Links, LinksAsked
from services.auth.domain.link import Link

PAGE = 50


@dataclass(frozen=True, slots=True)
class ListLinks:
    """Lists links page by page, newest first."""

    links: Links

    async def __call__(
        self, asked: LinksAsked, before: str | None, page_size: int
    ) -> tuple[Sequence[Link], str | None]:
        """A page, and the id that the next one lies before; None on the last. A size of 0 means 50."""
        size = page_size or PAGE
        page = await self.links.page(asked, before, size + 1)
        return page[:size], page[size - 1].id if len(page) > size else None
