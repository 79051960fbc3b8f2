"""ListPortfolios."""

from __future__ import annotations

from collections.abc import Sequence

from services.portfolio.app.ports import Place, Portfolios, Reach
from services.portfolio.domain.portfolio import Portfolio

PAGE = 50


class ListPortfolios:
    """Lists portfolios page by page, newest first, without their holdings."""

    def __init__(self, portfolios: Portfolios) -> None:
        self._portfolios = portfolios

    async def __call__(
        self, reach: Reach, page_size: int, after: Place | None, owner_id: str = ""
    ) -> tuple[Sequence[Portfolio], Place | None]:
        """A page and the place that the next one starts behind, None on the last. A page_size of 0 means 50.

        Of an owner whom the caller may not reach, and of none who exists, there is nothing.
        """
        size = page_size or PAGE
        found = await self._portfolios.page(reach, size + 1, after, owner_id)
        if len(found) <= size:
            return found, None
        last = found[size - 1]
        return found[:size], Place(last.created_at, last.id)
