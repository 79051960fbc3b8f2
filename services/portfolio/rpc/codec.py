"""Portfolio messages to and from the domain. Pure; what is encoded decodes to an equal value."""

from __future__ import annotations

from decimal import Decimal

from qpo.portfolio.v1 import portfolio_pb2 as pb
from qpo.portfolio.v1 import portfolio_service_pb2 as service
from qpo.types.v1.decimal_pb2 import Decimal as PbDecimal

from services.portfolio.app.rebalance_portfolio import Outcome
from services.portfolio.domain.portfolio import Draft, Holding, Portfolio
from services.portfolio.domain.rebalance import Trade
from services.portfolio.domain.strategy import Strategy
from services.portfolio.domain.valuation import Valued
from services.portfolio.wire.dates import to_date, to_timestamp
from services.portfolio.wire.estimation import from_estimation, to_estimation
from services.portfolio.wire.mandate import from_constraints, from_goal, to_constraints, to_goal


def to_decimal(number: Decimal) -> PbDecimal:
    """A number in plain notation with its scale: `0.00000000`, never `0E-8`."""
    return PbDecimal(value=format(number, "f"))


def to_strategy(strategy: Strategy) -> pb.Strategy:
    """A strategy, its parts always present."""
    return pb.Strategy(
        goal=to_goal(strategy.goal),
        universe=strategy.universe,
        dataset=strategy.dataset,
        estimation=to_estimation(strategy.estimation),
    )


def from_strategy(strategy: pb.Strategy, within: str = "") -> Strategy:
    """A validated strategy; paths in errors are prefixed by `within`."""
    return Strategy(
        goal=from_goal(strategy.goal),
        universe=tuple(strategy.universe),
        dataset=strategy.dataset,
        estimation=from_estimation(strategy.estimation, f"{within}strategy.estimation"),
    )


def from_draft(message: service.CreatePortfolioRequest | pb.Portfolio, within: str = "") -> Draft:
    """What a caller sets of a portfolio; what is absent takes its default."""
    strategy = from_strategy(message.strategy, within)
    return Draft(message.name, strategy, from_constraints(message.constraints))


def present(portfolio: pb.Portfolio) -> list[str]:
    """The paths that an update without a mask changes: the changeable fields that are set."""
    named = ["name"] if portfolio.name else []
    return named + [field for field in ("strategy", "constraints") if portfolio.HasField(field)]


def to_holding(holding: Holding) -> pb.Holding:
    """A position."""
    return pb.Holding(
        symbol=holding.symbol,
        quantity=to_decimal(holding.quantity),
        weight=to_decimal(holding.weight),
        value=to_decimal(holding.value),
        price_date=to_date(holding.price_date),
        updated_at=to_timestamp(holding.updated_at),
    )


def to_portfolio(portfolio: Portfolio) -> pb.Portfolio:
    """A portfolio with those of its holdings that were read."""
    return pb.Portfolio(
        id=portfolio.id,
        user_id=portfolio.user_id,
        name=portfolio.name,
        strategy=to_strategy(portfolio.strategy),
        constraints=to_constraints(portfolio.constraints),
        base_currency=portfolio.base_currency,
        initial_cash=to_decimal(portfolio.initial_cash),
        cash=to_decimal(portfolio.cash),
        cash_weight=to_decimal(portfolio.cash_weight),
        holdings=map(to_holding, portfolio.holdings),
        created_at=to_timestamp(portfolio.created_at),
        updated_at=to_timestamp(portfolio.updated_at),
        etag=portfolio.etag,
    )


def to_valued(valued: Valued) -> service.ListHoldingsResponse:
    """Holdings with what they are worth."""
    return service.ListHoldingsResponse(
        holdings=map(to_holding, valued.holdings),
        cash=to_decimal(valued.cash),
        nav=to_decimal(valued.nav),
        cash_weight=to_decimal(valued.cash_weight),
    )


def to_trade(trade: Trade) -> pb.Trade:
    """A purchase or sale."""
    return pb.Trade(
        symbol=trade.symbol,
        quantity=to_decimal(trade.quantity),
        price=float(trade.price),
        value=to_decimal(trade.value),
    )


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
