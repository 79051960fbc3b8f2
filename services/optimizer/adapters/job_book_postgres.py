"""JobBook on PostgreSQL: jobs as their owners see them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from chassis import idempotency
from chassis.departed import require_present
from chassis.reach import alone, enter, named
from services.optimizer.adapters.bells_postgres import NOTIFY
from services.optimizer.adapters.job_news import TOLD, JobNews
from services.optimizer.adapters.rows import COLUMNS, job_of, principal_of
from services.optimizer.app.bells import QUEUE, of_cancel, of_job
from services.optimizer.app.errors import JobNotFound, RequestIdReused, TooManyJobs
from services.optimizer.app.ports import Caller, NewJob, Repeatable
from services.optimizer.domain.job import Job, JobState
from services.optimizer.domain.records import from_bytes, to_bytes
from services.optimizer.domain.result import Optimum

if TYPE_CHECKING:
    from chassis.postgres import Pool

METHOD = "Optimize"

_REPEATED = f"""
SELECT body_hash, response FROM requests
WHERE tenant_id = $1 AND user_id = $2 AND method = $3 AND request_id = $4
  AND created_at > now() - interval '24 hours' AND {alone(5)}
"""  # noqa: S608
# One user's submissions wait for one another, so that two cannot both be the last that is allowed.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_UNFINISHED = """
SELECT count(*) FROM optimizations
WHERE tenant_id = $1 AND user_id = $2 AND state IN ('queued', 'running')
"""
_INSERT = f"""
INSERT INTO optimizations
    (id, tenant_id, user_id, principal, portfolio_id, goal, assets, time_budget_ms, problem)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING {TOLD}
"""  # noqa: S608
_MINE = f"id = $1 AND tenant_id = $2 AND user_id = $3 AND {alone(4)}"
_GET = f"SELECT {COLUMNS} FROM optimizations WHERE {_MINE}"  # noqa: S608
_RESULT = f"SELECT result FROM optimizations WHERE {_MINE}"  # noqa: S608
_PROBLEM = f"SELECT problem FROM optimizations WHERE {_MINE}"  # noqa: S608
_PAGE = f"""
SELECT {COLUMNS} FROM optimizations
WHERE tenant_id = $1 AND user_id = $2
  AND ($3::uuid IS NULL OR portfolio_id = $3) AND ($4::uuid IS NULL OR id < $4) AND {alone(6)}
ORDER BY id DESC LIMIT $5
"""  # noqa: S608
_CANCEL = f"""
UPDATE optimizations
SET cancel_requested = true,
    finished_at = CASE WHEN state = 'queued' THEN now() END,
    state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END
WHERE id = $1 AND tenant_id = $2 AND user_id = $3 AND state IN ('queued', 'running')
RETURNING {TOLD}
"""  # noqa: S608


class PostgresJobBook:
    """Every query names the owner, to row-level security too: a job of somebody else is as good as none."""

    def __init__(self, pool: Pool, news: JobNews) -> None:
        self._pool = pool
        self._news = news

    async def repeated(self, caller: Caller, request: Repeatable) -> str | None:
        """The id of the job that this request made before. Raises RequestIdReused."""
        asked = (*_owner(caller), METHOD, request.request_id)
        row = await self._pool.fetchrow(_REPEATED, *asked, _reach(caller))
        if row is None:
            return None
        if row["body_hash"] != hashlib.sha256(request.body).digest():
            raise RequestIdReused(f"request_id {request.request_id} was used with another body")
        return bytes(row["response"]).decode()

    async def submit(self, caller: Caller, job: NewJob, request: Repeatable | None, limit: int) -> str:
        """Store a job. Raises RequestIdReused, TooManyJobs."""
        async with self._within(_reach(caller)) as connection:
            earlier = await _replayed(connection, caller, request)
            if earlier is not None:
                return earlier
            await connection.execute(_LOCK, f"{caller.tenant_id}/{caller.user_id}")
            if await connection.fetchval(_UNFINISHED, caller.tenant_id, caller.user_id) >= limit:
                raise TooManyJobs(limit)
            await require_present(connection, caller.user_id)
            await self._news.submitted(connection, await connection.fetchrow(_INSERT, *_inserted(caller, job)))
            if request is not None:
                await idempotency.remember(connection, caller, METHOD, request.request_id, job.id.encode())
            await connection.execute(NOTIFY, QUEUE)
        self._news.committed()
        return job.id

    async def get(self, caller: Caller, job_id: str) -> Job:
        """One of the caller's jobs. Raises JobNotFound."""
        row = await self._pool.fetchrow(_GET, job_id, *_owner(caller), _reach(caller))
        return job_of(_found(row, job_id))

    async def result(self, caller: Caller, job_id: str) -> Optimum:
        """The result of one that succeeded. Raises JobNotFound."""
        row = await self._pool.fetchrow(_RESULT, job_id, *_owner(caller), _reach(caller))
        return from_bytes(Optimum, _found(row, job_id)["result"])

    async def problem(self, caller: Caller, job_id: str) -> bytes:
        """What a job is to solve. Raises JobNotFound."""
        row = await self._pool.fetchrow(_PROBLEM, job_id, *_owner(caller), _reach(caller))
        return bytes(_found(row, job_id)["problem"])

    async def page(self, caller: Caller, portfolio_id: str, before: str, size: int) -> list[Job]:
        """The caller's jobs older than `before`, newest first."""
        asked = (*_owner(caller), portfolio_id or None, before or None, size)
        rows = await self._pool.fetch(_PAGE, *asked, _reach(caller))
        return [job_of(row) for row in rows]

    async def cancel(self, caller: Caller, job_id: str) -> Job:
        """Cancel a job that waits, or ask the worker of one that runs. Raises JobNotFound."""
        async with self._within(_reach(caller)) as connection:
            row = await connection.fetchrow(_CANCEL, job_id, caller.tenant_id, caller.user_id)
            if row is not None:
                waited = row["state"] == JobState.CANCELLED
                await self._news.ended(connection, [row])
                await connection.execute(NOTIFY, of_job(job_id) if waited else of_cancel(job_id))
        self._news.committed()
        return await self.get(caller, job_id) if row is None else job_of(row)

    @asynccontextmanager
    async def _within(self, reach: str) -> AsyncIterator[Any]:
        """A connection in a transaction that touches nothing beyond the reach."""
        async with self._pool.acquire() as connection, connection.transaction():
            await enter(connection, reach)
            yield connection


def _owner(caller: Caller) -> tuple[str, str]:
    return caller.tenant_id, caller.user_id


def _reach(caller: Caller) -> str:
    return named([_owner(caller)])


def _inserted(caller: Caller, job: NewJob) -> tuple[Any, ...]:
    return (
        job.id,
        caller.tenant_id,
        caller.user_id,
        principal_of(caller),
        job.portfolio_id or None,
        to_bytes(job.goal),
        job.assets,
        job.time_budget_ms,
        job.problem,
    )


async def _replayed(connection: Any, caller: Caller, request: Repeatable | None) -> str | None:
    """The job that this request made before; None claims the request for this transaction."""
    if request is None:
        return None
    try:
        earlier = await idempotency.replayed(connection, caller, METHOD, request.request_id, request.body)
    except idempotency.RequestIdReused as error:
        raise RequestIdReused(str(error)) from error
    return None if earlier is None else earlier.decode()


def _found(row: Any, job_id: str) -> Any:
    if row is None:
        raise JobNotFound(f"there is no job {job_id}")
    return row
