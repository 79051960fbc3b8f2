"""An optimization as a job: what it is asked for, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.optimizer.domain.engine import Progress
from services.optimizer.domain.goal import Goal

MAX_ATTEMPTS = 2


class JobState(StrEnum):
    """How far a job has come."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether it will not change any more."""
        return self in (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Job:
    """A job as its owner sees it; times are UTC."""

    id: str
    state: JobState
    goal: Goal
    assets: int
    created_at: datetime | None = None
    portfolio_id: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    attempts: int = 0
    progress: Progress | None = None
    error: Exception | None = None
    """Why it failed, as Solve would have raised it."""
