"""DeletePortfolio."""

from __future__ import annotations

from services.portfolio.app.ports import Portfolios, Reach
from services.portfolio.domain.errors import PortfolioNotFound
from services.portfolio.domain.portfolio import require_etag


class DeletePortfolio:
    """Deletes a portfolio with its holdings."""

    def __init__(self, portfolios: Portfolios) -> None:
        self._portfolios = portfolios

    async def __call__(self, reach: Reach, portfolio_id: str, etag: str) -> None:
        """Deletes it. PortfolioNotFound, EtagMismatch."""
        async with self._portfolios.transaction() as transaction:
            stored = await transaction.lock(reach, portfolio_id)
            if stored is None:
                raise PortfolioNotFound(portfolio_id)
            require_etag(stored, etag)
            await transaction.delete(portfolio_id)
