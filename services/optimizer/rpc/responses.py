"""What the use cases answer to messages of OptimizerService."""

from __future__ import annotations

from qpo.optimizer.v1 import optimization_pb2 as pb
from qpo.optimizer.v1 import optimizer_service_pb2 as service_pb

from services.optimizer.domain.explanation import Explained
from services.optimizer.domain.result import Frontier, FrontierPoint
from services.optimizer.wire.explanation import to_explanation
from services.optimizer.wire.jobs import to_result


def to_explained(explained: Explained) -> service_pb.ExplainResponse:
    """An optimum, and why."""
    return service_pb.ExplainResponse(
        result=to_result(explained.optimum), explanation=to_explanation(explained.explanation)
    )


def to_frontier(frontier: Frontier) -> service_pb.SolveFrontierResponse:
    """A frontier."""
    return service_pb.SolveFrontierResponse(
        points=[_point(point, frontier.symbols) for point in frontier.points],
        asset_expected_returns=frontier.asset_expected_returns.tolist(),
        asset_volatilities=frontier.asset_volatilities.tolist(),
        symbols=frontier.symbols,
    )


def _point(point: FrontierPoint, symbols: tuple[str, ...]) -> pb.FrontierPoint:
    return pb.FrontierPoint(
        expected_return=point.measures.expected_return,
        volatility=point.measures.volatility,
        sharpe_ratio=point.measures.sharpe_ratio,
        weights=dict(zip(symbols, point.weights.tolist(), strict=True)),
        gap=point.gap,
    )
