"""ExportMyData: what is kept of a user's portfolios."""

from __future__ import annotations

from collections.abc import AsyncIterator

from services.portfolio.app.ports import Past, Place, Portfolios, Reach
from services.portfolio.domain.portfolio import Portfolio

PORTFOLIOS, PAST = 25, 100  # read at once, with all that a portfolio holds


class ExportMyData:
    """Gives portfolios with their holdings, then what happened to them."""

    def __init__(self, portfolios: Portfolios) -> None:
        self._portfolios = portfolios

    async def __call__(self, owner: Reach) -> AsyncIterator[Portfolio | Past]:
        """All of the owner's. Unauthenticated if they have left."""
        await self._portfolios.require_present(owner.user_id)
        place: Place | None = None
        while page := await self._portfolios.whole_page(owner, PORTFOLIOS, place):
            for portfolio in page:
                yield portfolio
            place = Place(page[-1].created_at, page[-1].id)
        behind: tuple[str, int] | None = None
        while history := await self._portfolios.history(owner, behind, PAST):
            for past in history:
                yield past
            behind = (history[-1].portfolio_id, history[-1].version)
