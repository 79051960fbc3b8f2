"""Watching a frontier: a bar that grows by a point at a time."""

from qpo.optimizer.v1.optimizer_service_pb2 import (
    SolveFrontierRequest,
    SolveFrontierResponse,
    WatchFrontierRequest,
    WatchFrontierResponse,
)
from rich.text import Text

from clients.cli.connection import Edge
from clients.cli.console import live

_WIDTH = 40
_WATCH_SECONDS = 600.0


def watched(edge: Edge, request: SolveFrontierRequest) -> SolveFrontierResponse:
    """Shows the points as they are found and returns the whole frontier."""
    found, last = SolveFrontierResponse(), WatchFrontierResponse()
    stream = edge.optimizer.WatchFrontier(WatchFrontierRequest(frontier=request), timeout=_WATCH_SECONDS)
    try:
        with live(lambda: line(last)):
            for last in stream:
                found.points.append(last.point)
                found.symbols.extend(last.symbols)
                found.asset_expected_returns.extend(last.asset_expected_returns)
                found.asset_volatilities.extend(last.asset_volatilities)
    finally:
        stream.cancel()
    return found


def line(seen: WatchFrontierResponse) -> Text:
    """One line: a bar, how many points there are, and the newest."""
    count, total = seen.index + 1 if seen.total else 0, max(seen.total, 1)
    filled = round(_WIDTH * count / total)
    return Text.assemble(
        ("━" * filled, "cyan"),
        ("─" * (_WIDTH - filled), "dim"),
        f"  {count} of {seen.total} points",
        (f"  return {seen.point.expected_return:.2%}  risk {seen.point.risk:.2%}  gap {seen.point.gap:.1e}", "dim"),
    )
