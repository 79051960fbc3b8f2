"""Portfolio messages to and from the domain. Pure; what is encoded decodes to an equal value."""

from __future__ import annotations

from qpo.portfolio.v1 import portfolio_pb2 as pb
from qpo.portfolio.v1 import portfolio_service_pb2 as service

from services.portfolio.app.rebalance_portfolio import Outcome
from services.portfolio.domain.portfolio import Draft
from services.portfolio.domain.strategy import Strategy
from services.portfolio.domain.valuation import Valued
from services.portfolio.wire.costs import from_costs
from services.portfolio.wire.dates import to_date
from services.portfolio.wire.estimation import from_estimation
from services.portfolio.wire.mandate import from_constraints, from_goal
from services.portfolio.wire.portfolio import add_holdings, to_decimal, to_portfolio, to_trade


def from_strategy(strategy: pb.Strategy, within: str = "") -> Strategy:
    """A validated strategy; paths in errors are prefixed by `within`."""
    return Strategy(
        goal=from_goal(strategy.goal),
        universe=tuple(strategy.universe),
        dataset=strategy.dataset,
        estimation=from_estimation(strategy.estimation, f"{within}strategy.estimation"),
        costs=from_costs(strategy.costs) if strategy.HasField("costs") else None,
    )


def from_draft(message: service.CreatePortfolioRequest | pb.Portfolio, within: str = "") -> Draft:
    """What a caller sets of a portfolio; what is absent takes its default."""
    strategy = from_strategy(message.strategy, within)
    return Draft(message.name, strategy, from_constraints(message.constraints))


def present(portfolio: pb.Portfolio) -> list[str]:
    """The paths that an update without a mask changes: the changeable fields that are set."""
    named = ["name"] if portfolio.name else []
    return named + [field for field in ("strategy", "constraints") if portfolio.HasField(field)]


def to_valued(valued: Valued) -> service.ListHoldingsResponse:
    """Holdings with what they are worth."""
    message = service.ListHoldingsResponse(
        cash=to_decimal(valued.cash),
        nav=to_decimal(valued.nav),
        cash_weight=to_decimal(valued.cash_weight),
    )
    add_holdings(message.holdings, valued.holdings)
    return message


def to_outcome(outcome: Outcome, *, validate_only: bool) -> service.RebalancePortfolioResponse:
    """What a rebalance did, or would do."""
    rebalance, solution = outcome.rebalance, outcome.solution
    return service.RebalancePortfolioResponse(
        portfolio=to_portfolio(rebalance.portfolio),
        trades=map(to_trade, rebalance.trades),
        nav=to_decimal(rebalance.nav),
        expected_return=solution.expected_return,
        volatility=solution.volatility,
        sharpe_ratio=solution.sharpe_ratio,
        price_date=to_date(rebalance.price_date),
        validate_only=validate_only,
    )
