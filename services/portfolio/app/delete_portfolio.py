"""DeletePortfolio."""

from __future__ import annotations

from services.portfolio.app.once import once
from services.portfolio.app.ports import Clock, Once, Portfolios, Reach, Transaction
from services.portfolio.domain.errors import PortfolioNotFound
from services.portfolio.domain.events import Deleted
from services.portfolio.domain.portfolio import require_etag

NOTHING = b""


class DeletePortfolio:
    """Deletes a portfolio with its holdings."""

    def __init__(self, portfolios: Portfolios, clock: Clock) -> None:
        self._portfolios, self._clock = portfolios, clock

    async def __call__(self, reach: Reach, portfolio_id: str, etag: str, call: Once | None) -> None:
        """Deletes it; if the call was made before, it has done so. PortfolioNotFound, EtagMismatch, RequestIdReused."""

        async def effect(transaction: Transaction) -> bytes:
            stored = await transaction.lock(reach, portfolio_id)
            if stored is None:
                raise PortfolioNotFound(portfolio_id)
            require_etag(stored, etag)
            await transaction.delete(portfolio_id)
            await transaction.tell(Deleted(stored, self._clock.now()))
            return NOTHING

        await once(self._portfolios, reach, call, effect)
