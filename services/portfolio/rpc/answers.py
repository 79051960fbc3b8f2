"""GetPortfolio's answers without a cache."""

from __future__ import annotations

from services.portfolio.app.ports import Portfolios, Reach
from services.portfolio.wire.answers import to_answer


class EncodedAnswers:
    """The port Answers on the store: every answer is read and encoded anew."""

    def __init__(self, portfolios: Portfolios) -> None:
        self._portfolios = portfolios

    async def get(self, reach: Reach, portfolio_id: str) -> bytes | None:
        """The stored portfolio, encoded."""
        portfolio = await self._portfolios.get(reach, portfolio_id)
        return None if portfolio is None else to_answer(portfolio)
