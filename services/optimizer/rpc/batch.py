"""SolveBatch's messages: a header and the frames behind it, and what is answered to each."""

from __future__ import annotations

from collections.abc import AsyncIterator

from qpo.optimizer.v1 import batch_pb2 as pb
from qpo.optimizer.v1 import optimizer_service_pb2 as service_pb

from chassis.errors import InvalidRequest
from services.optimizer.app.ports import Resident
from services.optimizer.app.solve_batch import BatchAsk, NamedFrame, SolvedFrame
from services.optimizer.domain.batch.answers import Failed, Outcome
from services.optimizer.domain.batch.frame import FIELDS, Frame
from services.optimizer.domain.constraints import Constraints
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.wire.mandate import from_constraints, from_costs, from_goal

Requests = AsyncIterator[service_pb.SolveBatchRequest]

_OUTCOMES = {
    Outcome.SOLVED: pb.BATCH_OUTCOME_SOLVED,
    Outcome.INVALID: pb.BATCH_OUTCOME_INVALID,
    Outcome.INFEASIBLE: pb.BATCH_OUTCOME_INFEASIBLE,
    Outcome.FAILED: pb.BATCH_OUTCOME_FAILED,
}


async def header_of(requests: Requests) -> pb.BatchHeader:
    """The header, which is the first message. Raises InvalidRequest."""
    first = await anext(requests, None)
    if first is None or first.WhichOneof("part") != "header":
        raise InvalidRequest([("header", "send the header as the first message, then frames")])
    return first.header


async def frames_of(requests: Requests) -> AsyncIterator[NamedFrame]:
    """The frames behind the header. Raises InvalidRequest on a second header."""
    async for request in requests:
        if request.WhichOneof("part") != "frame":
            raise InvalidRequest([("header", "send one header only; behind it come frames")])
        yield from_frame(request.frame)


def from_header(header: pb.BatchHeader) -> BatchAsk:
    """What all portfolios share."""
    return BatchAsk(
        universe=Resident(header.universe_id),
        goal=from_goal(header.goal) if header.HasField("goal") else Goal(Objective.UTILITY),
        constraints=from_constraints(header.constraints) if header.HasField("constraints") else Constraints(),
        costs=from_costs(header.costs),
        ordered=header.order != pb.BATCH_ORDER_AS_COMPLETED,
        weights=not header.omit_weights,
    )


def from_frame(frame: pb.BatchFrame) -> NamedFrame:
    """Some portfolios; their numbers stay packed."""
    packed = {field: getattr(frame, field) for field in FIELDS}
    return NamedFrame(frame.frame_id, Frame(frame.count, **packed), tuple(frame.portfolio_ids))


def to_solved(solved: SolvedFrame) -> service_pb.SolveBatchResponse:
    """What became of them."""
    named, answers = solved.named, solved.answers
    return service_pb.SolveBatchResponse(
        frame_id=named.id,
        count=answers.count,
        portfolio_ids=named.names,
        weights=answers.weights.astype("<f8", copy=False).tobytes(),
        objectives=answers.objectives.astype("<f8", copy=False).tobytes(),
        bounds=answers.bounds.astype("<f8", copy=False).tobytes(),
        residuals=answers.residuals.astype("<f8", copy=False).tobytes(),
        iterations=answers.iterations.astype(int).tolist(),
        outcomes=answers.outcomes.astype(int).tolist(),
        failures=[_failure(each, named) for each in answers.failures],
        fallbacks=answers.fallbacks,
    )


def _failure(failed: Failed, named: NamedFrame) -> pb.BatchFailure:
    return pb.BatchFailure(
        index=failed.index,
        portfolio_id=named.names[failed.index] if named.names else "",
        outcome=_OUTCOMES[Outcome(failed.outcome)],
        description=failed.description,
    )
