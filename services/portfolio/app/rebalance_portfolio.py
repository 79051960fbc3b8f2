"""RebalancePortfolio."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from services.portfolio.app.once import once
from services.portfolio.app.ports import (
    Clock,
    Once,
    Optimizer,
    Portfolios,
    Prices,
    Problem,
    Reach,
    Solution,
    Transaction,
)
from services.portfolio.domain.errors import EtagMismatch, NotPriced, NotRebalanceable, PortfolioNotFound
from services.portfolio.domain.events import Rebalanced
from services.portfolio.domain.portfolio import Portfolio, require_etag
from services.portfolio.domain.rebalance import (
    Rebalance,
    current_weights,
    rebalanced,
    require_investable,
    within_universe,
)
from services.portfolio.domain.strategy import Strategy
from services.portfolio.domain.valuation import Close, Valued, require_closes, valued


@dataclass(frozen=True, slots=True)
class Order:
    """Which portfolio, at the closes of which session (None: the last), known to the caller by which etag."""

    portfolio_id: str
    as_of: date | None = None
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A rebalance and the optimum that it follows."""

    rebalance: Rebalance
    solution: Solution


class RebalancePortfolio:
    """Moves a portfolio to the optimum of its strategy.

    Peers are asked outside any transaction; the write is one, and only upon the version that was read.
    """

    def __init__(self, portfolios: Portfolios, prices: Prices, optimizer: Optimizer, clock: Clock) -> None:
        self._portfolios, self._prices, self._optimizer, self._clock = portfolios, prices, optimizer, clock

    async def __call__(
        self, reach: Reach, order: Order, call: Once | None, answer: Callable[[Outcome], bytes]
    ) -> bytes:
        """The answer that `answer` makes of what was written.

        PortfolioNotFound, EtagMismatch, NotRebalanceable, Infeasible, PeerUnavailable, ScopeMissing, RequestIdReused.
        """
        if call is not None and (remembered := await self._portfolios.answered(call)) is not None:
            if reach.clients and await self._portfolios.get(reach, order.portfolio_id) is None:
                raise PortfolioNotFound(order.portfolio_id)
            return remembered
        outcome = await self.computed(reach, order)
        return await once(
            self._portfolios, reach, call, lambda transaction: _write(transaction, reach, outcome, answer)
        )

    async def computed(self, reach: Reach, order: Order) -> Outcome:
        """What a rebalance now would do; nothing is written. Raises as the call does."""
        portfolio = await self._portfolios.get(reach, order.portfolio_id)
        if portfolio is None:
            raise PortfolioNotFound(order.portfolio_id)
        require_etag(portfolio, order.etag)
        require_investable(portfolio)
        now, closes = await self._priced(portfolio, order.as_of)
        solution = await self._optimizer.solve(_problem(portfolio, now, order.as_of))
        try:
            rebalance = rebalanced(portfolio, now, closes, solution.weights, self._clock.now())
        except NotPriced as error:
            raise NotRebalanceable(str(error)) from error
        return Outcome(rebalance, solution)

    async def _priced(self, portfolio: Portfolio, as_of: date | None) -> tuple[Valued, Mapping[str, Close]]:
        symbols = {*portfolio.strategy.universe, *(holding.symbol for holding in portfolio.holdings)}
        try:
            closes = await self._prices.closes(portfolio.strategy.dataset, sorted(symbols), as_of)
            require_closes(symbols, closes)
            return valued(portfolio.holdings, portfolio.cash, closes), closes
        except NotPriced as error:
            raise NotRebalanceable(str(error)) from error


def _problem(portfolio: Portfolio, now: Valued, as_of: date | None) -> Problem:
    constraints, weights = within_universe(portfolio, current_weights(now))
    return Problem(_estimated_until(portfolio.strategy, as_of), constraints, weights)


def _estimated_until(strategy: Strategy, as_of: date | None) -> Strategy:
    """The strategy with its estimates ending at `as_of`, so that a rebalance of the past sees nothing later."""
    return strategy if as_of is None else replace(strategy, estimation=replace(strategy.estimation, end=as_of))


async def _write(transaction: Transaction, reach: Reach, outcome: Outcome, answer: Callable[[Outcome], bytes]) -> bytes:
    after = outcome.rebalance.portfolio
    stored = await transaction.lock(reach, after.id)
    if stored is None:
        raise PortfolioNotFound(after.id)
    if stored.version + 1 != after.version:
        raise EtagMismatch
    await transaction.write_positions(after)
    await transaction.tell(Rebalanced(outcome.rebalance))
    return answer(outcome)
