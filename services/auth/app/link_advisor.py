"""LinkAdvisor: trust an advisor with a client's portfolios."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.ports import Clock, Ids, Links
from services.auth.domain.link import Link, Term


@dataclass(frozen=True, slots=True)
class LinkAdvisor:
    """Links two users, or changes the times of their link."""

    links: Links
    ids: Ids
    clock: Clock

    async def __call__(self, advisor_id: str, client_id: str, term: Term) -> Link:
        """The link after it; raises UserNotFound, NotAnAdvisor, InvalidLink."""
        return await self.links.link(self.ids.new(), advisor_id, client_id, term, self.clock.now())
