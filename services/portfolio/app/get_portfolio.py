"""GetPortfolio."""

from __future__ import annotations

from services.portfolio.app.ports import Portfolios, Reach
from services.portfolio.domain.errors import PortfolioNotFound
from services.portfolio.domain.portfolio import Portfolio


class GetPortfolio:
    """Gets a portfolio with its holdings."""

    def __init__(self, portfolios: Portfolios) -> None:
        self._portfolios = portfolios

    async def __call__(self, reach: Reach, portfolio_id: str) -> Portfolio:
        """The portfolio. PortfolioNotFound."""
        portfolio = await self._portfolios.get(reach, portfolio_id)
        if portfolio is None:
            raise PortfolioNotFound(portfolio_id)
        return portfolio
