"""EndLink: take an advisor's trust away."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.app.ports import Clock, Links
from services.auth.domain.link import Link


@dataclass(frozen=True, slots=True)
class EndLink:
    """Ends a link now."""

    links: Links
    clock: Clock

    async def __call__(self, advisor_id: str, client_id: str) -> Link:
        """The link after it; raises LinkNotFound."""
        return await self.links.end(advisor_id, client_id, self.clock.now())
