"""MlService: decode, ask, encode."""

from __future__ import annotations

from qpo.ml.v1 import ml_service_pb2 as pb

from services.ml.app.estimate_moments import EstimateMoments
from services.ml.app.ports import Workers
from services.ml.rpc.codec import decode, encode


class MlServicer:
    """Serves qpo.ml.v1.MlService."""

    def __init__(self, estimate: EstimateMoments, workers: Workers) -> None:
        self._estimate = estimate
        self._workers = workers

    async def estimate_moments(self, request: pb.EstimateMomentsRequest) -> pb.EstimateMomentsResponse:
        """Matrices may hold millions of numbers, so they are read and written where they are computed with."""
        question = await self._workers.run(lambda: decode(request))
        estimate = await self._estimate(question)
        return await self._workers.run(
            lambda: encode(estimate, pack=request.packed, with_scenarios=question.with_scenarios)
        )
