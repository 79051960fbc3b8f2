"""ExportMyData: what is kept of a user's jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from services.optimizer.app.ports import Caller, JobBook
from services.optimizer.domain.job import Job, JobState
from services.optimizer.domain.result import Optimum

PAGE = 100


class Presence(Protocol):
    """Who has left."""

    async def require(self, user_id: str) -> None:
        """Raise Unauthenticated if a user has left."""
        ...


class ExportMyData:
    """Gives jobs with their results, newest first."""

    def __init__(self, book: JobBook, presence: Presence) -> None:
        self._book, self._presence = book, presence

    async def __call__(self, caller: Caller) -> AsyncIterator[tuple[Job, Optimum | None]]:
        """All of the caller's. Unauthenticated if they have left."""
        await self._presence.require(caller.user_id)
        before = ""
        while page := await self._book.page(caller, "", before, PAGE):
            for job in page:
                done = job.state is JobState.SUCCEEDED
                yield job, await self._book.result(caller, job.id) if done else None
            before = page[-1].id
