"""ReplacePortfolio and UpdatePortfolio: two ways to say what shall change, one way to change it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from services.portfolio.app.once import once
from services.portfolio.app.ports import Clock, Once, Portfolios, Reach, Transaction
from services.portfolio.domain.changes import changed, merged
from services.portfolio.domain.errors import PortfolioNotFound
from services.portfolio.domain.events import Modified
from services.portfolio.domain.portfolio import Draft, Portfolio, require_etag
from services.portfolio.domain.rules import check

# Where the portfolio stands in both requests.
WITHIN = "portfolio."
Answer = Callable[[Portfolio], bytes]


@dataclass(frozen=True, slots=True)
class Target:
    """Which portfolio, known to the caller by which etag."""

    portfolio_id: str
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """What to change: the parts of `draft` at `paths`."""

    draft: Draft
    paths: Collection[str]


class ChangePortfolio:
    """Changes name, strategy and constraints."""

    def __init__(self, portfolios: Portfolios, clock: Clock) -> None:
        self._portfolios, self._clock = portfolios, clock

    async def replace(self, reach: Reach, target: Target, draft: Draft, call: Once | None, answer: Answer) -> bytes:
        """The answer that `answer` makes of the portfolio after all of it is set to `draft`.

        InvalidPortfolio, PortfolioNotFound, EtagMismatch, RequestIdReused.
        """
        check(draft, WITHIN)
        return await self._once(reach, target, lambda _: draft, call, answer)

    async def update(self, reach: Reach, target: Target, parts: Parts, call: Once | None, answer: Answer) -> bytes:
        """Likewise, after these parts are changed."""
        return await self._once(reach, target, lambda stored: merged(stored, parts.draft, parts.paths), call, answer)

    async def _once(
        self,
        reach: Reach,
        target: Target,
        drafted: Callable[[Portfolio], Draft],
        call: Once | None,
        answer: Answer,
    ) -> bytes:
        async def effect(transaction: Transaction) -> bytes:
            return answer(await self._write(transaction, reach, target, drafted))

        return await once(self._portfolios, reach, call, effect)

    async def _write(
        self, transaction: Transaction, reach: Reach, target: Target, drafted: Callable[[Portfolio], Draft]
    ) -> Portfolio:
        stored = await transaction.lock(reach, target.portfolio_id)
        if stored is None:
            raise PortfolioNotFound(target.portfolio_id)
        require_etag(stored, target.etag)
        draft = drafted(stored)
        check(draft, WITHIN)
        portfolio = changed(stored, draft, self._clock.now())
        if portfolio is not stored:
            await transaction.write_mandate(portfolio)
            await transaction.tell(Modified(portfolio))
        return portfolio
