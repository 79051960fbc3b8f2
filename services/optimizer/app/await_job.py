"""Waiting for a job to end."""

from __future__ import annotations

import asyncio
import time

from services.optimizer.app.bells import Bells, of_job
from services.optimizer.app.ports import Caller, JobBook
from services.optimizer.domain.job import Job, JobState
from services.optimizer.domain.result import Optimum


class AwaitJob:
    """Gives a job back when it has ended or the wait is over."""

    def __init__(self, book: JobBook, bells: Bells) -> None:
        self._book = book
        self._bells = bells

    async def __call__(self, caller: Caller, job_id: str, seconds: float) -> tuple[Job, Optimum | None]:
        """The job after at most `seconds`, with its result if it succeeded. Raises JobNotFound."""
        ends_at = time.monotonic() + seconds
        with self._bells.hung(of_job(job_id)) as bell:
            job = await self._book.get(caller, job_id)
            while not job.state.is_final and (left := ends_at - time.monotonic()) > 0:
                try:
                    async with asyncio.timeout(left):
                        await bell.wait()
                except TimeoutError:
                    break
                job = await self._book.get(caller, job_id)
        if job.state is JobState.SUCCEEDED and seconds > 0:
            return job, await self._book.result(caller, job_id)
        return job, None
