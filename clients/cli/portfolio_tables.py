"""How portfolios look in a terminal."""

from collections.abc import Sequence

from qpo.portfolio.v1.portfolio_pb2 import Holding, Portfolio, Trade
from qpo.portfolio.v1.portfolio_service_pb2 import (
    ListHoldingsResponse,
    ListPortfoliosResponse,
    RebalancePortfolioResponse,
)
from qpo.types.v1.mandate_pb2 import Objective
from rich.console import Group, RenderableType

from clients.cli.mandate_tables import costs, limits
from clients.cli.output import card, day, grid, moment, money, percent, word
from clients.cli.plots.bars import bar, move
from clients.cli.plots.shares import Move, moves
from clients.cli.prices_tables import next_page

_BAR = 12


def portfolio(it: Portfolio) -> RenderableType:
    """One portfolio: its fields, then its holdings."""
    currency = it.base_currency
    fields = card(
        [
            ("id", it.id or "none: it was only checked"),
            ("name", it.name),
            ("objective", _objective(it)),
            ("dataset", it.strategy.dataset or "–"),
            ("universe", ", ".join(it.strategy.universe) or "–"),
            ("constraints", limits(it.constraints)),
            *([("costs", costs(it.strategy.costs))] if it.strategy.HasField("costs") else []),
            ("cash", money(it.cash.value, currency)),
            ("started with", money(it.initial_cash.value, currency)),
            ("changed", moment(it.updated_at)),
            ("etag", it.etag),
        ]
    )
    return Group(fields, holdings(it.holdings)) if it.holdings else fields


def portfolios(page: ListPortfoliosResponse) -> RenderableType:
    """Portfolios, one per row."""
    rows = [
        (it.id, it.name, _objective(it), it.strategy.dataset or "–", money(it.cash.value, it.base_currency),
         moment(it.created_at))
        for it in page.portfolios
    ]  # fmt: skip
    columns = ("id", "name", "objective", "dataset", ">cash", "created")
    return grid(columns, rows, note=next_page(page.next_page_token))


def valued(answer: ListHoldingsResponse) -> RenderableType:
    """Holdings with cash and net asset value."""
    total = f"cash {money(answer.cash.value)} ({share(answer.cash_weight.value)}), net asset value "
    total += money(answer.nav.value)
    return Group(holdings(answer.holdings), total) if answer.holdings else total


def rebalanced(answer: RebalancePortfolioResponse) -> RenderableType:
    """What was traded, and what the portfolio promises now."""
    done, rest = ("would be traded", "; nothing was written") if answer.validate_only else ("traded", "")
    title = f"{len(answer.trades)} instruments {done} at the closes of {day(answer.price_date)}{rest}"
    trades = grid(("symbol", ">units", ">price", ">value"), [_trade(trade) for trade in answer.trades], title=title)
    promise = " · ".join(
        (
            f"net asset value {money(answer.nav.value, answer.portfolio.base_currency)}",
            f"expected return {percent(answer.expected_return)}",
            f"volatility {percent(answer.volatility)}",
            f"Sharpe {answer.sharpe_ratio:.3f}",
        )
    )
    return Group(trades, moved(moves(answer)), promise)


def share(weight: str) -> str:
    """A stored weight, exact to its six decimals: 0.123456 → 12.3456 %."""
    return f"{float(weight or 0) * 100:.4f} %"


def holdings(held: Sequence[Holding]) -> RenderableType:
    """Holdings, one per row."""
    longest = max((abs(float(it.weight.value or 0)) for it in held), default=1.0)
    rows = [
        (
            it.symbol,
            it.quantity.value,
            share(it.weight.value),
            bar(float(it.weight.value or 0), longest, _BAR),
            money(it.value.value),
            day(it.price_date),
        )
        for it in held
    ]
    return grid(("symbol", ">units", ">weight", "", ">value", "priced"), rows, title="Holdings")


def moved(found: Sequence[Move]) -> RenderableType:
    """Each weight before and after."""
    ends = [end for it in found for end in (it.before, it.after)]
    low, high = min(0.0, *ends), max(ends)
    rows = [(it.name, percent(it.before), percent(it.after), move(it.before, it.after, low, high)) for it in found]
    columns = ("", ">before", ">after", f"○ before, ● after; {percent(low, 0)} … {percent(high, 0)}")
    return grid(columns, rows, title="Weights")


def _trade(trade: Trade) -> Sequence[str]:
    return trade.symbol, trade.quantity.value, f"{trade.price:,.4f}", money(trade.value.value)


def _objective(it: Portfolio) -> str:
    return word(Objective.Name(it.strategy.goal.objective or Objective.OBJECTIVE_SHARPE), "OBJECTIVE_")
