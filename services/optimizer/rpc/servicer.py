"""OptimizerService: decode, call, encode."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import TypeVar

from qpo.optimizer.v1 import optimizer_service_pb2 as pb
from qpo.types.v1.export_pb2 import ExportChunk

from chassis.context import deadline_remaining, principal
from chassis.errors import ErrorTable
from chassis.export import Lines, chunked, line_of
from chassis.paging import PageTokens
from services.optimizer.app.ports import Caller
from services.optimizer.rpc.batch import Requests, frames_of, from_header, header_of, to_solved
from services.optimizer.rpc.requests import from_frontier, from_optimize, from_put, from_solve, from_watched_frontier
from services.optimizer.rpc.responses import to_explained, to_frontier, to_put, to_replay, to_seen
from services.optimizer.rpc.use_cases import UseCases
from services.optimizer.wire.jobs import result_fields, to_job, to_result

R = TypeVar(
    "R", pb.PutUniverseRequest, pb.SolveRequest, pb.ExplainRequest, pb.SolveFrontierRequest, pb.WatchFrontierRequest
)
T = TypeVar("T")

DECODED_AT_ONCE = 100_000  # bytes


class OptimizerServicer:
    """Serves qpo.optimizer.v1.OptimizerService."""

    def __init__(self, use: UseCases, tokens: PageTokens, errors: ErrorTable) -> None:
        self._use = use
        self._tokens = tokens
        self._errors = errors

    async def optimize(self, request: pb.OptimizeRequest) -> pb.OptimizeResponse:
        """Submits a job."""
        job, found = await self._use.optimize(_caller(), from_optimize(request), deadline_remaining)
        result = None if found is None else to_result(found, job.id)
        return pb.OptimizeResponse(job_id=job.id, job=to_job(job, self._errors), result=result)

    async def get_optimization_status(
        self, request: pb.GetOptimizationStatusRequest
    ) -> pb.GetOptimizationStatusResponse:
        """Reads a job."""
        job = await self._use.status(_caller(), request.job_id)
        return pb.GetOptimizationStatusResponse(job=to_job(job, self._errors))

    async def get_optimization_result(
        self, request: pb.GetOptimizationResultRequest
    ) -> pb.GetOptimizationResultResponse:
        """Reads a result."""
        found = await self._use.result(_caller(), request.job_id)
        return pb.GetOptimizationResultResponse(result=to_result(found, request.job_id))

    async def watch_optimization(
        self, request: pb.WatchOptimizationRequest
    ) -> AsyncIterator[pb.WatchOptimizationResponse]:
        """Follows a job."""
        async for job, found in self._use.watch(_caller(), request.job_id):
            result = None if found is None else to_result(found, job.id)
            yield pb.WatchOptimizationResponse(job=to_job(job, self._errors), result=result)

    async def cancel_optimization(self, request: pb.CancelOptimizationRequest) -> pb.CancelOptimizationResponse:
        """Ends a job."""
        job = await self._use.cancel(_caller(), request.job_id)
        return pb.CancelOptimizationResponse(job=to_job(job, self._errors))

    async def list_optimizations(self, request: pb.ListOptimizationsRequest) -> pb.ListOptimizationsResponse:
        """Reads a page of jobs."""
        caller = _caller()
        scope = f"ListOptimizations/{caller.tenant_id}/{caller.user_id}/{request.portfolio_id}"
        before = "".join(self._tokens.decode(scope, request.page_token))
        jobs, then = await self._use.list(caller, request.portfolio_id, before, request.page_size)
        token = self._tokens.encode(scope, [then] if then else [])
        return pb.ListOptimizationsResponse(jobs=[to_job(job, self._errors) for job in jobs], next_page_token=token)

    async def replay_run(self, request: pb.ReplayRunRequest) -> pb.ReplayRunResponse:
        """Solves a job's problem again and compares."""
        found = await self._use.replay(_caller(), request.job_id, deadline_remaining)
        return to_replay(found, request.job_id)

    async def put_universe(self, request: pb.PutUniverseRequest) -> pb.PutUniverseResponse:
        """Keeps a universe."""
        ask = await _aside(request, from_put)
        return to_put(await self._use.put_universe(_caller(), ask, deadline_remaining))

    async def solve(self, request: pb.SolveRequest) -> pb.SolveResponse:
        """Solves a problem."""
        ask = await _aside(request, from_solve)
        return pb.SolveResponse(result=result_fields(await self._use.solve(_caller(), ask, deadline_remaining)))

    async def explain(self, request: pb.ExplainRequest) -> pb.ExplainResponse:
        """Solves a problem and explains it."""
        ask = await _aside(request, from_solve)
        found = await self._use.explain(_caller(), ask, deadline_remaining)
        # Up to 5,000 assets, a sentence each.
        return await asyncio.to_thread(to_explained, found)

    async def solve_frontier(self, request: pb.SolveFrontierRequest) -> pb.SolveFrontierResponse:
        """Solves a frontier."""
        ask = await _aside(request, from_frontier)
        frontier = await self._use.frontier(_caller(), ask, deadline_remaining)
        # Up to 500 portfolios of 5,000 weights.
        return await asyncio.to_thread(to_frontier, frontier)

    async def watch_frontier(self, request: pb.WatchFrontierRequest) -> AsyncIterator[pb.WatchFrontierResponse]:
        """Follows a frontier being solved."""
        ask = await _aside(request, from_watched_frontier)
        async for seen in self._use.watch_frontier(_caller(), ask, deadline_remaining):
            yield to_seen(seen)

    async def solve_batch(self, requests: Requests) -> AsyncIterator[pb.SolveBatchResponse]:
        """Solves many portfolios."""
        ask = from_header(await header_of(requests))
        frames = self._use.solve_batch(_caller(), ask, frames_of(requests), deadline_remaining)
        async with aclosing(frames):
            async for solved in frames:
                yield to_solved(solved)

    async def export_my_data(self, _: pb.ExportMyDataRequest) -> AsyncIterator[pb.ExportMyDataResponse]:
        """Gives the caller what is kept of theirs."""
        async for chunk in chunked(self._exported()):
            yield pb.ExportMyDataResponse(chunk=ExportChunk(**chunk._asdict()))

    async def _exported(self) -> AsyncIterator[Lines]:
        async for job, found in self._use.export(_caller()):
            result = None if found is None else to_result(found, job.id)
            message = pb.WatchOptimizationResponse(job=to_job(job, self._errors), result=result)
            # Up to 5,000 weights.
            yield await asyncio.to_thread(line_of, "optimizations.ndjson", message)


async def _aside(request: R, decode: Callable[[R], T]) -> T:
    """Decode a request, beside the event loop if that would hold it up: a matrix may have 16 MB."""
    if request.ByteSize() <= DECODED_AT_ONCE:
        return decode(request)
    return await asyncio.to_thread(decode, request)


def _caller() -> Caller:
    who = principal()
    return Caller(who.user_id, who.tenant_id, who.tier, who.roles, who.scopes)
