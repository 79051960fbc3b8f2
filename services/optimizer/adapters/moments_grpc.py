"""MomentsSource on ml."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from grpc.aio import AioRpcError
from qpo.ml.v1 import ml_service_pb2 as pb
from qpo.ml.v1.ml_service_pb2_grpc import MlServiceStub

from services.optimizer.adapters.peers import Refusal, raise_common, refusal_of
from services.optimizer.app.errors import DatasetNotFound, InstrumentNotFound, InsufficientHistory
from services.optimizer.app.ports import Universe
from services.optimizer.domain.errors import InvalidProblem
from services.optimizer.domain.moments import Moments, Quality
from services.optimizer.wire.dates import to_timestamp
from services.optimizer.wire.estimation import from_estimation, to_estimation
from services.optimizer.wire.moments import from_moments

if TYPE_CHECKING:
    from qpo.ml.v1.ml_service_pb2_grpc import MlServiceAsyncStub


class GrpcMoments:
    """Leaves the form of Σ to ml, which answers in factors where the estimate has them: the engine is quicker so."""

    def __init__(self, channel: Any) -> None:
        self._stub = cast("MlServiceAsyncStub", MlServiceStub(channel))

    async def estimate(self, universe: Universe, with_scenarios: bool = False) -> Moments:
        """See `MomentsSource.estimate`."""
        try:
            answer = await self._stub.EstimateMoments(_request(universe, with_scenarios))
        except AioRpcError as error:
            _raise_refusal(error)
            raise
        # Up to 16 MB of covariance and scenarios are copied.
        return await asyncio.to_thread(_moments, answer)


def _request(universe: Universe, with_scenarios: bool) -> pb.EstimateMomentsRequest:
    as_of = None if universe.as_of is None else to_timestamp(universe.as_of)
    return pb.EstimateMomentsRequest(
        dataset=pb.DatasetInput(dataset=universe.dataset, symbols=universe.symbols, as_of=as_of),
        estimation=to_estimation(universe.estimation),
        packed=True,
        with_scenarios=with_scenarios,
    )


def _moments(answer: pb.EstimateMomentsResponse) -> Moments:
    estimation = from_estimation(answer.estimation, "estimation")
    scenarios = answer.scenarios if answer.HasField("scenarios") else None
    moments = from_moments(answer.moments, "source.moments", estimation, scenarios)
    return replace(moments, quality=_quality(answer.quality))


def _quality(told: pb.MomentsQuality) -> Quality:
    return Quality(
        short_histories=tuple(history.symbol for history in told.histories if history.short),
        stale=tuple(history.symbol for history in told.histories if history.stale),
        observations_asked=told.sessions_asked,
        observations_used=told.sessions_used,
        psd_shift=told.psd_shift,
        condition_number=told.condition_number,
    )


def _raise_refusal(error: AioRpcError) -> None:
    """Raise what the refusal means here; return if it means nothing."""
    refusal = refusal_of(error)
    raise_common(refusal, "ml", error)
    known = _known(refusal)
    if known is not None:
        raise known from error


def _known(refusal: Refusal) -> Exception | None:
    match refusal.reason:
        case "DATASET_NOT_FOUND":
            return DatasetNotFound(refusal.message)
        case "INSTRUMENT_NOT_FOUND":
            return InstrumentNotFound(refusal.message, refusal.metadata.get("symbols", ""))
        case "INSUFFICIENT_HISTORY":
            return InsufficientHistory(refusal.message, refusal.preconditions)
        case "INVALID_REQUEST":
            return InvalidProblem(refusal.violations)
    return None
