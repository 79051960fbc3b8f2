"""What becomes of jobs, as it is told: qpo.optimizer.v1.OptimizationEvent in the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from qpo.optimizer.v1 import events_pb2 as pb

from chassis.errors import ErrorTable
from chassis.outbox import Event, append
from services.optimizer.adapters.rows import COLUMNS, job_of
from services.optimizer.app.ports import Caller
from services.optimizer.domain.job import Job, JobState
from services.optimizer.domain.result import Optimum
from services.optimizer.wire.jobs import to_job, to_result

if TYPE_CHECKING:
    from chassis.outbox import Connection

TOPIC = pb.OptimizationEvent.DESCRIPTOR.full_name
TOLD = f"{COLUMNS}, user_id, tenant_id"
# A job is submitted, ends, and may be deleted: each of it once.
SUBMITTED, ENDED, DELETED = 1, 2, 3


class JobNews:
    """Tells of jobs, given as rows of TOLD; their errors are told as `errors` answers them.

    `committed` is for whoever commits the transaction to call after it.
    """

    def __init__(self, errors: ErrorTable, committed: Callable[[], None] = lambda: None) -> None:
        self._errors = errors
        self.committed = committed

    async def submitted(self, connection: Connection, row: Any) -> None:
        """A job was submitted."""
        job, owner = self._told(row)
        message = pb.OptimizationEvent(optimization_submitted=pb.OptimizationSubmitted(job=job, owner=owner))
        await append(connection, _event(message, row, SUBMITTED, row["created_at"]))

    async def ended(self, connection: Connection, rows: Sequence[Any], found: Optimum | None = None) -> None:
        """Those of these jobs that have ended, the one that succeeded with what it found."""
        for row in rows:
            if JobState(row["state"]).is_final:
                # A result may have 5,000 weights.
                message = await asyncio.to_thread(self._ended, row, found)
                owner = Caller(str(row["user_id"]), str(row["tenant_id"]))
                await append(connection, _event(message, row, ENDED, row["finished_at"]), who=owner)

    async def deleted(self, connection: Connection, rows: Sequence[Any]) -> None:
        """These jobs were deleted."""
        now = datetime.now(UTC)
        for row in rows:
            job, owner = self._told(row)
            message = pb.OptimizationEvent(optimization_deleted=pb.OptimizationDeleted(job=job, owner=owner))
            await append(connection, _event(message, row, DELETED, now))

    def _ended(self, row: Any, found: Optimum | None) -> pb.OptimizationEvent:
        job, owner = self._told(row)
        if found is not None:
            succeeded = pb.OptimizationSucceeded(job=job, owner=owner, result=to_result(found, job.job_id))
            return pb.OptimizationEvent(optimization_succeeded=succeeded)
        if row["state"] == JobState.FAILED:
            return pb.OptimizationEvent(optimization_failed=pb.OptimizationFailed(job=job, owner=owner))
        return pb.OptimizationEvent(optimization_cancelled=pb.OptimizationCancelled(job=job, owner=owner))

    def _told(self, row: Any) -> tuple[Any, pb.JobOwner]:
        job: Job = job_of(row)
        owner = pb.JobOwner(user_id=str(row["user_id"]), tenant_id=str(row["tenant_id"]))
        return to_job(job, self._errors), owner


def _event(message: pb.OptimizationEvent, row: Any, seq: int, at: datetime) -> Event:
    kind = message.WhichOneof("event") or ""
    return Event(TOPIC, kind, str(row["id"]), seq, at, message.SerializeToString(deterministic=True))
