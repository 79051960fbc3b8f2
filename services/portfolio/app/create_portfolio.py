"""CreatePortfolio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from services.portfolio.app.once import once
from services.portfolio.app.ports import Clock, Ids, Once, Portfolios, Reach, Transaction
from services.portfolio.domain.decimals import amount
from services.portfolio.domain.events import Created
from services.portfolio.domain.portfolio import Draft, Portfolio, opened
from services.portfolio.domain.rules import check


class CreatePortfolio:
    """Opens a portfolio, all in cash, owned by the caller."""

    def __init__(self, portfolios: Portfolios, clock: Clock, ids: Ids) -> None:
        self._portfolios, self._clock, self._ids = portfolios, clock, ids

    async def __call__(
        self, owner: Reach, draft: Draft, initial_cash: str, call: Once | None, answer: Callable[[Portfolio], bytes]
    ) -> bytes:
        """The answer that `answer` makes of the new portfolio. InvalidPortfolio, RequestIdReused, Unauthenticated."""
        portfolio = self._opened(owner, draft, initial_cash)

        async def effect(transaction: Transaction) -> bytes:
            await transaction.insert(portfolio)
            await transaction.tell(Created(portfolio))
            return answer(portfolio)

        return await once(self._portfolios, owner, call, effect)

    def checked(self, owner: Reach, draft: Draft, initial_cash: str) -> Portfolio:
        """The portfolio that would be created, without an id; nothing is kept. InvalidPortfolio."""
        return replace(self._opened(owner, draft, initial_cash), id="")

    def _opened(self, owner: Reach, draft: Draft, initial_cash: str) -> Portfolio:
        check(draft)
        cash = amount(initial_cash, "initial_cash")
        now = self._clock.now()
        return opened(draft, cash, id=self._ids.new(), user_id=owner.user_id, tenant_id=owner.tenant_id, now=now)
