"""Rows of `optimizations`, to and from the domain."""

from __future__ import annotations

from typing import Any

from services.optimizer.app.ports import Caller, Claim, Whose
from services.optimizer.domain.engine import Progress
from services.optimizer.domain.failure import Failure, error_of
from services.optimizer.domain.goal import Goal
from services.optimizer.domain.job import Job, JobState
from services.optimizer.domain.records import from_bytes

# What a job's owner sees; the problem and the result, which may be large, are read only where they are needed.
COLUMNS = """id, state, goal, assets, portfolio_id, created_at, started_at, finished_at, attempts, progress, error"""


def job_of(row: Any) -> Job:
    """A job."""
    return Job(
        id=str(row["id"]),
        state=JobState(row["state"]),
        goal=from_bytes(Goal, row["goal"]),
        assets=row["assets"],
        created_at=row["created_at"],
        portfolio_id=_id(row["portfolio_id"]),
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        attempts=row["attempts"],
        progress=None if row["progress"] is None else from_bytes(Progress, row["progress"]),
        error=None if row["error"] is None else error_of(from_bytes(Failure, row["error"])),
    )


def claim_of(row: Any) -> Claim:
    """A claim of a job."""
    return Claim(
        job_id=str(row["id"]),
        fence=row["fence"],
        attempt=row["attempts"],
        tier=row["principal"]["tier"],
        goal=from_bytes(Goal, row["goal"]),
        time_budget_ms=row["time_budget_ms"],
        problem=row["problem"],
        whose=Whose(row["principal"]["user_id"], row["principal"]["tenant_id"], _id(row["portfolio_id"])),
    )


def principal_of(caller: Caller) -> dict[str, Any]:
    """Who submitted a job, kept with it."""
    return {
        "user_id": caller.user_id,
        "tenant_id": caller.tenant_id,
        "tier": caller.tier,
        "roles": sorted(caller.roles),
        "scopes": sorted(caller.scopes),
    }


def _id(value: Any) -> str:
    return "" if value is None else str(value)
