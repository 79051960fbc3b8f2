"""GetOptimizationStatus: a job as it is."""

from __future__ import annotations

from services.optimizer.app.ports import Caller, JobBook
from services.optimizer.domain.job import Job


class GetOptimizationStatus:
    """Reads a job."""

    def __init__(self, book: JobBook) -> None:
        self._book = book

    async def __call__(self, caller: Caller, job_id: str) -> Job:
        """One of the caller's jobs. Raises JobNotFound."""
        return await self._book.get(caller, job_id)
