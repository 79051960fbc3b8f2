"""How the trades of a result look in a terminal: from which weight to which, and what each costs."""

from collections.abc import Sequence

from qpo.optimizer.v1.optimization_pb2 import CostBreakdown, OptimizationResult, Trade
from rich.console import RenderableType

from clients.cli.output import grid, percent

KINDS = ("commission", "spread", "impact", "borrow")
_ROWS = 15


def trades(it: OptimizationResult) -> list[RenderableType]:
    """The largest trades; none where everything is bought with cash for nothing, which the weights say already."""
    kinds = [kind for kind in KINDS if any(getattr(trade.cost, kind) for trade in it.trades)]
    if not kinds and not any(_from(trade) for trade in it.trades):
        return []
    rows = [_row(trade, kinds) for trade in it.trades[:_ROWS]]
    columns = ("symbol", ">from", ">to", ">change", *(f">{kind}" for kind in kinds))
    more = f"{len(rows)} of {len(it.trades)} trades; -o json has them all" if len(it.trades) > _ROWS else ""
    unit = ", costs in basis points of the portfolio's value" if kinds else ""
    return [grid(columns, rows, title=f"Trades{unit}", note=more)]


def cost(of: CostBreakdown) -> str:
    """What all trades cost together, by kind; nothing if they are free."""
    parts = [f"{kind} {bp(getattr(of, kind))}" for kind in KINDS[:3] if getattr(of, kind)]
    said = [f"{bp(of.trading)} bp to trade ({', '.join(parts)})"] if parts else []
    if of.borrow:
        said.append(f"{bp(of.borrow)} bp per year to borrow")
    return "; ".join(said)


def bp(fraction: float) -> str:
    """0.000123 → 1.23."""
    return f"{fraction * 10_000:.2f}"


def _row(trade: Trade, kinds: Sequence[str]) -> Sequence[str]:
    change = percent(trade.to - _from(trade), 4)
    return (
        trade.symbol,
        percent(_from(trade), 4),
        percent(trade.to, 4),
        change if change.startswith("-") else f"+{change}",
        *(bp(getattr(trade.cost, kind)) for kind in kinds),
    )


def _from(trade: Trade) -> float:
    weight: float = getattr(trade, "from")  # a keyword
    return weight
