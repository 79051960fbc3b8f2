"""ReplacePortfolio and UpdatePortfolio: two ways to say what shall change, one way to change it."""

from __future__ import annotations

from collections.abc import Callable, Collection

from services.portfolio.app.ports import Clock, Portfolios, Reach
from services.portfolio.domain.changes import changed, check_mask, merged
from services.portfolio.domain.errors import PortfolioNotFound
from services.portfolio.domain.portfolio import Draft, Portfolio, require_etag
from services.portfolio.domain.rules import check

# Where the portfolio stands in both requests.
WITHIN = "portfolio."


class ChangePortfolio:
    """Changes name, strategy and constraints."""

    def __init__(self, portfolios: Portfolios, clock: Clock) -> None:
        self._portfolios, self._clock = portfolios, clock

    async def replace(self, reach: Reach, portfolio_id: str, draft: Draft, etag: str) -> Portfolio:
        """The portfolio after all of it is set to `draft`. InvalidPortfolio, PortfolioNotFound, EtagMismatch."""
        check(draft, WITHIN)
        return await self._write(reach, portfolio_id, lambda _: draft, etag)

    async def update(
        self, reach: Reach, portfolio_id: str, changes: Draft, paths: Collection[str], etag: str
    ) -> Portfolio:
        """The portfolio after the parts at `paths` are taken from `changes`. Likewise, and FieldNotMutable."""
        check_mask(paths)
        return await self._write(reach, portfolio_id, lambda stored: merged(stored, changes, paths), etag)

    async def _write(
        self, reach: Reach, portfolio_id: str, drafted: Callable[[Portfolio], Draft], etag: str
    ) -> Portfolio:
        async with self._portfolios.transaction() as transaction:
            stored = await transaction.lock(reach, portfolio_id)
            if stored is None:
                raise PortfolioNotFound(portfolio_id)
            require_etag(stored, etag)
            draft = drafted(stored)
            check(draft, WITHIN)
            portfolio = changed(stored, draft, self._clock.now())
            if portfolio is not stored:
                await transaction.write_mandate(portfolio)
            return portfolio
