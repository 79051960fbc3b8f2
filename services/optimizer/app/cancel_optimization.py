"""CancelOptimization: a job is not wanted any more."""

from __future__ import annotations

from services.optimizer.app.ports import Caller, JobBook
from services.optimizer.domain.job import Job


class CancelOptimization:
    """Cancels a job that waits, and asks the worker of one that runs to stop."""

    def __init__(self, book: JobBook) -> None:
        self._book = book

    async def __call__(self, caller: Caller, job_id: str) -> Job:
        """The job after it; one that has ended stays as it is. Raises JobNotFound."""
        return await self._book.cancel(caller, job_id)
