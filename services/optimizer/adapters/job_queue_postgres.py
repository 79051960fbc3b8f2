"""JobQueue on PostgreSQL: FOR UPDATE SKIP LOCKED, a lease, and a fence that tells one claim of a job from the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from chassis import idempotency
from chassis.patience import raise_if_cancelled
from chassis.postgres import GONE
from chassis.reach import SYSTEM, enter
from services.optimizer.adapters.bells_postgres import NOTIFY
from services.optimizer.adapters.job_news import TOLD, JobNews
from services.optimizer.adapters.rows import claim_of
from services.optimizer.app.bells import QUEUE, of_job
from services.optimizer.app.errors import StoreUnavailable
from services.optimizer.app.ports import Claim
from services.optimizer.app.second_try import DIED_TWICE
from services.optimizer.domain.engine import Progress
from services.optimizer.domain.errors import SolverFailed
from services.optimizer.domain.failure import failure_of
from services.optimizer.domain.job import MAX_ATTEMPTS
from services.optimizer.domain.records import to_bytes
from services.optimizer.domain.result import Optimum

if TYPE_CHECKING:
    from chassis.postgres import Pool

_CLAIM = """
UPDATE optimizations
SET state = 'running', attempts = attempts + 1, fence = fence + 1, progress = NULL,
    leased_until = now() + make_interval(secs => $1), started_at = coalesce(started_at, now())
WHERE id = (SELECT id FROM optimizations WHERE state = 'queued' ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1)
RETURNING id, fence, attempts, principal, portfolio_id, goal, time_budget_ms, problem
"""
_OURS = "id = $1 AND fence = $2 AND state = 'running'"
_RENEW = f"""
UPDATE optimizations SET leased_until = now() + make_interval(secs => $3) WHERE {_OURS} RETURNING NOT cancel_requested
"""  # noqa: S608
_TELL = f"UPDATE optimizations SET progress = $3 WHERE {_OURS} RETURNING id"  # noqa: S608
_END = f"""
UPDATE optimizations
SET state = $3, result = $4, error = $5, leased_until = NULL, finished_at = now() WHERE {_OURS} RETURNING {TOLD}
"""  # noqa: S608
# A job that was to be cancelled is; one that has no attempt left has failed; any other waits again.
_NEXT = """
state = CASE WHEN cancel_requested THEN 'cancelled' WHEN attempts >= $1 THEN 'failed' ELSE 'queued' END,
error = CASE WHEN NOT cancel_requested AND attempts >= $1 THEN $2::bytea END,
finished_at = CASE WHEN cancel_requested OR attempts >= $1 THEN now() END,
leased_until = NULL
"""
_SWEEP = f"UPDATE optimizations SET {_NEXT} WHERE state = 'running' AND leased_until < now() RETURNING {TOLD}"  # noqa: S608
_SPENT = f"""
UPDATE optimizations SET {_NEXT} WHERE id = $3 AND fence = $4 AND state = 'running' RETURNING {TOLD}
"""  # noqa: S608
_UNSPENT = f"""
UPDATE optimizations SET state = 'queued', attempts = attempts - 1, leased_until = NULL WHERE {_OURS} RETURNING id
"""  # noqa: S608


class PostgresJobQueue:
    """Whatever changes a claimed job names the claim's fence: a worker that lost its job changes nothing."""

    def __init__(self, pool: Pool, engine: str, news: JobNews) -> None:
        self._pool = pool
        self._news = news
        self._died = to_bytes(failure_of(SolverFailed(engine, DIED_TWICE), engine))
        self._engine = engine

    async def claim(self, lease: float) -> Claim | None:
        """The oldest job that waits."""
        rows = await self._changed(_CLAIM, lease)
        return claim_of(rows[0]) if rows else None

    async def renew(self, claim: Claim, lease: float) -> bool:
        """Hold a job on; False if it is lost or to be cancelled."""
        rows = await self._changed(_RENEW, claim.job_id, claim.fence, lease)
        return bool(rows) and bool(rows[0][0])

    async def tell(self, claim: Claim, progress: Progress) -> None:
        """Store progress."""
        await self._changed(_TELL, claim.job_id, claim.fence, to_bytes(progress), ring=(of_job(claim.job_id),))

    async def succeed(self, claim: Claim, found: Optimum) -> bool:
        """End with a result."""
        stored = await asyncio.to_thread(to_bytes, found)
        ring = (of_job(claim.job_id),)
        return bool(await self._ended(_END, *_ours(claim), "succeeded", stored, None, ring=ring, found=found))

    async def fail(self, claim: Claim, error: Exception) -> bool:
        """End with an error."""
        return await self._end(claim, "failed", to_bytes(failure_of(error, self._engine)))

    async def drop(self, claim: Claim) -> bool:
        """End as cancelled."""
        return await self._end(claim, "cancelled", None)

    async def give_back(self, claim: Claim, *, spent: bool) -> None:
        """Let another worker have it, if an attempt is left or this one does not count."""
        ring = (QUEUE, of_job(claim.job_id))
        if spent:
            await self._ended(_SPENT, MAX_ATTEMPTS, self._died, *_ours(claim), ring=ring)
        else:
            await self._changed(_UNSPENT, claim.job_id, claim.fence, ring=ring)

    async def sweep(self) -> None:
        """Take back what nobody renewed."""
        async with self._connection() as connection:
            rows = await connection.fetch(_SWEEP, MAX_ATTEMPTS, self._died)
            await self._news.ended(connection, rows)
            for row in rows:
                await connection.execute(NOTIFY, of_job(str(row["id"])))
                await connection.execute(NOTIFY, QUEUE)
            await idempotency.forget(connection)
        self._news.committed()

    async def _end(self, claim: Claim, state: str, error: bytes | None) -> bool:
        """End without a result."""
        return bool(await self._ended(_END, *_ours(claim), state, None, error, ring=(of_job(claim.job_id),)))

    async def _ended(
        self, statement: str, *arguments: Any, ring: tuple[str, ...], found: Optimum | None = None
    ) -> list[Any]:
        """Run a statement that may end a job; ring and tell if it did. Raises StoreUnavailable."""
        async with self._connection() as connection:
            rows: list[Any] = await connection.fetch(statement, *arguments)
            await self._news.ended(connection, rows, found)
            await _rung(connection, ring if rows else ())
        self._news.committed()
        return rows

    async def _changed(self, statement: str, *arguments: Any, ring: tuple[str, ...] = ()) -> list[Any]:
        """Run a statement; ring if it changed a row. Raises StoreUnavailable."""
        async with self._connection() as connection:
            rows: list[Any] = await connection.fetch(statement, *arguments)
            await _rung(connection, ring if rows else ())
        return rows

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        """A connection in a transaction over everybody's jobs. Raises StoreUnavailable."""
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                await enter(connection, SYSTEM)
                yield connection
        except GONE as error:
            raise_if_cancelled(error)
            raise StoreUnavailable("the store of jobs does not answer") from error


def _ours(claim: Claim) -> tuple[str, int]:
    return claim.job_id, claim.fence


async def _rung(connection: Any, topics: tuple[str, ...]) -> None:
    for topic in topics:
        await connection.execute(NOTIFY, topic)
