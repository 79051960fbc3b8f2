"""Whole lots at the last closes: what can be bought for so much money, and what is bought."""

from collections.abc import Iterator

from qpo.marketdata.v1.marketdata_service_pb2 import ListClosesRequest
from qpo.optimizer.v1.optimization_pb2 import InLots, Lots, OptimizationResult
from rich.console import RenderableType

from clients.cli.connection import Edge
from clients.cli.output import grid, percent


def lots_of(edge: Edge, dataset: str, symbols: list[str], money: float) -> Lots:
    """The last closes of a dataset's assets, one share a lot. Needs the scope `read:marketdata`."""
    closes = edge.marketdata.ListCloses(ListClosesRequest(dataset=dataset, symbols=symbols)).closes
    return Lots(portfolio_value=money, prices={close.symbol: close.price for close in closes})


def bought(it: OptimizationResult) -> Iterator[RenderableType]:
    """A row per asset, most weight first, if whole lots were asked for and found."""
    if not it.HasField("in_lots"):
        return
    lots: InLots = it.in_lots
    heaviest = sorted(lots.shares, key=lambda symbol: -lots.weights[symbol])
    rows = [(symbol, f"{lots.shares[symbol]:,.0f}", percent(lots.weights[symbol], 4)) for symbol in heaviest]
    left = f"{lots.cash:,.2f} in cash; tracking error {percent(lots.tracking_error, 3)} per year, gap {lots.gap:.1e}"
    yield grid(("symbol", ">shares", ">weight"), rows, title="In whole shares", note=left)
