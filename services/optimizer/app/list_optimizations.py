"""ListOptimizations: the caller's jobs, newest first."""

from __future__ import annotations

from services.optimizer.app.ports import Caller, JobBook
from services.optimizer.domain.job import Job

DEFAULT_SIZE = 50


class ListOptimizations:
    """Reads a page of jobs."""

    def __init__(self, book: JobBook) -> None:
        self._book = book

    async def __call__(self, caller: Caller, portfolio_id: str, before: str, size: int) -> tuple[list[Job], str]:
        """A page of jobs older than the job `before`, and the job that the next page goes on behind; "" on the last."""
        wanted = size or DEFAULT_SIZE
        found = await self._book.page(caller, portfolio_id, before, wanted + 1)
        page = found[:wanted]
        return page, page[-1].id if len(found) > wanted else ""
