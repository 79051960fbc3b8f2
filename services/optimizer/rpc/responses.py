"""What the use cases answer to messages of OptimizerService."""

from __future__ import annotations

import numpy as np
from qpo.optimizer.v1 import optimization_pb2 as pb
from qpo.optimizer.v1 import optimizer_service_pb2 as service_pb

from services.optimizer.app.ports import KeptUniverse
from services.optimizer.app.watch_frontier import Seen
from services.optimizer.domain.explanation import Explained
from services.optimizer.domain.replay import Replay
from services.optimizer.domain.result import Frontier, FrontierPoint
from services.optimizer.wire.dates import to_timestamp
from services.optimizer.wire.explanation import to_explanation
from services.optimizer.wire.jobs import to_result
from services.optimizer.wire.sampling import to_selection


def to_explained(explained: Explained) -> service_pb.ExplainResponse:
    """An optimum, and why."""
    return service_pb.ExplainResponse(
        result=to_result(explained.optimum), explanation=to_explanation(explained.explanation)
    )


def to_replay(replay: Replay, job_id: str) -> service_pb.ReplayRunResponse:
    """The answer of another run."""
    return service_pb.ReplayRunResponse(
        result=to_result(replay.again, job_id),
        identical=replay.identical,
        result_hash=replay.result_hash,
        original_result_hash=replay.original_result_hash,
        differences=replay.differences,
    )


def to_frontier(frontier: Frontier) -> service_pb.SolveFrontierResponse:
    """A frontier."""
    return service_pb.SolveFrontierResponse(
        points=[to_point(point, frontier.symbols) for point in frontier.points],
        asset_expected_returns=frontier.asset_expected_returns.tolist(),
        asset_volatilities=frontier.asset_volatilities.tolist(),
        symbols=frontier.symbols,
    )


def to_put(kept: KeptUniverse) -> service_pb.PutUniverseResponse:
    """A universe that is kept."""
    expires_at = to_timestamp(kept.expires_at)
    return service_pb.PutUniverseResponse(
        universe_id=kept.id, assets=kept.assets, factors=kept.factors, expires_at=expires_at
    )


def to_seen(seen: Seen) -> service_pb.WatchFrontierResponse:
    """A point as it is found; the first brings the universe along."""
    moments, first = seen.moments, seen.index == 0
    return service_pb.WatchFrontierResponse(
        index=seen.index,
        total=seen.total,
        point=to_point(seen.point, moments.symbols),
        symbols=moments.symbols if first else (),
        asset_expected_returns=moments.expected_returns.tolist() if first else (),
        asset_volatilities=np.sqrt(moments.covariance.variances).tolist() if first else (),
    )


def to_point(point: FrontierPoint, symbols: tuple[str, ...]) -> pb.FrontierPoint:
    """One portfolio of it."""
    return pb.FrontierPoint(
        expected_return=point.measures.expected_return,
        volatility=point.measures.volatility,
        sharpe_ratio=point.measures.sharpe_ratio,
        weights=dict(zip(symbols, point.weights.tolist(), strict=True)),
        gap=point.gap,
        risk=point.risk,
        selection=to_selection(point.selection),
    )
