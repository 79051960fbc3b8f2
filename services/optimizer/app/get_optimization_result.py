"""GetOptimizationResult: what a job found, or why it found nothing."""

from __future__ import annotations

from services.optimizer.app.errors import JobCancelled, NotFinished
from services.optimizer.app.ports import Caller, JobBook
from services.optimizer.domain.job import JobState
from services.optimizer.domain.result import Optimum


class GetOptimizationResult:
    """Reads a job's result."""

    def __init__(self, book: JobBook) -> None:
        self._book = book

    async def __call__(self, caller: Caller, job_id: str) -> Optimum:
        """The result of one of the caller's jobs.

        Raises JobNotFound, NotFinished, JobCancelled, or the job's own error.
        """
        job = await self._book.get(caller, job_id)
        if not job.state.is_final:
            raise NotFinished(f"the job is {job.state}: ask again, or watch it")
        if job.state is JobState.CANCELLED:
            raise JobCancelled("the job was cancelled and has no result: submit it again")
        if job.error is not None:
            raise job.error
        return await self._book.result(caller, job_id)
