"""WatchOptimization: a job as it goes on, until it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator

from services.optimizer.app.bells import Bells, of_job
from services.optimizer.app.ports import Caller, JobBook
from services.optimizer.domain.job import Job, JobState
from services.optimizer.domain.result import Optimum


class WatchOptimization:
    """Tells a job's changes; a slow reader gets the newest."""

    def __init__(self, book: JobBook, bells: Bells) -> None:
        self._book = book
        self._bells = bells

    async def __call__(self, caller: Caller, job_id: str) -> AsyncIterator[tuple[Job, Optimum | None]]:
        """The job as it is, then after each change; the last has its end and its result. Raises JobNotFound."""
        with self._bells.hung(of_job(job_id)) as bell:
            job, told = await self._book.get(caller, job_id), None
            while not job.state.is_final:
                if job != told:
                    yield job, None
                    told = job
                await bell.wait()
                job = await self._book.get(caller, job_id)
        succeeded = job.state is JobState.SUCCEEDED
        yield job, await self._book.result(caller, job_id) if succeeded else None
