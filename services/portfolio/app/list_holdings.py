"""ListHoldings."""

from __future__ import annotations

from datetime import date

from services.portfolio.app.ports import Portfolios, Prices, Reach
from services.portfolio.domain.errors import NotPriced, PortfolioNotFound
from services.portfolio.domain.portfolio import Portfolio
from services.portfolio.domain.valuation import Valued, stored, valued


class ListHoldings:
    """Values what is held."""

    def __init__(self, portfolios: Portfolios, prices: Prices) -> None:
        self._portfolios, self._prices = portfolios, prices

    async def __call__(self, reach: Reach, portfolio_id: str, as_of: date | None) -> Valued:
        """Holdings at the last close on or before `as_of`; None: as last stored.

        PortfolioNotFound, NotPriced, PeerUnavailable, ScopeMissing.
        """
        portfolio = await self._portfolios.get(reach, portfolio_id)
        if portfolio is None:
            raise PortfolioNotFound(portfolio_id)
        if as_of is None or not portfolio.holdings:
            return stored(portfolio.holdings, portfolio.cash, portfolio.cash_weight)
        return await self._at_closes(portfolio, as_of)

    async def _at_closes(self, portfolio: Portfolio, as_of: date) -> Valued:
        if not portfolio.strategy.dataset:
            raise NotPriced("the strategy names no prices: set strategy.dataset")
        symbols = [holding.symbol for holding in portfolio.holdings]
        closes = await self._prices.closes(portfolio.strategy.dataset, symbols, as_of)
        return valued(portfolio.holdings, portfolio.cash, closes)
