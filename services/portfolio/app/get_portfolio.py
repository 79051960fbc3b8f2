"""GetPortfolio."""

from __future__ import annotations

from services.portfolio.app.ports import Answers, Reach
from services.portfolio.domain.errors import PortfolioNotFound


class GetPortfolio:
    """Gets a portfolio with its holdings, as it is sent."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    async def __call__(self, reach: Reach, portfolio_id: str) -> bytes:
        """The answer's bytes. PortfolioNotFound."""
        answer = await self._answers.get(reach, portfolio_id)
        if answer is None:
            raise PortfolioNotFound(portfolio_id)
        return answer
