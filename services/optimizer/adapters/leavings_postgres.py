"""What a user leaves behind, in PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chassis import departed
from chassis.outbox import silence
from services.optimizer.adapters.bells_postgres import NOTIFY
from services.optimizer.adapters.job_news import TOLD, JobNews
from services.optimizer.app.bells import of_cancel, of_job

if TYPE_CHECKING:
    from chassis.outbox import Connection

_CANCEL = f"""
UPDATE optimizations
SET state = 'cancelled', cancel_requested = true, leased_until = NULL, finished_at = now()
WHERE user_id = $1 AND state IN ('queued', 'running') RETURNING {TOLD}
"""  # noqa: S608
_FORGET = "DELETE FROM universes WHERE user_id = $1"
_DELETE = f"DELETE FROM optimizations WHERE user_id = $1 RETURNING {TOLD}"  # noqa: S608


@dataclass(frozen=True, slots=True)
class PostgresLeavings:
    """The port Leavings on a connection inside a transaction."""

    connection: Connection
    news: JobNews

    async def depart(self, user_id: str) -> None:
        """A tombstone."""
        await departed.depart(self.connection, user_id)

    async def cancel_jobs(self, user_id: str) -> None:
        """End what has not ended; its worker, whose claim is void, stops as soon as it hears of it."""
        rows = await self.connection.fetch(_CANCEL, user_id)
        await self.news.ended(self.connection, rows)
        for row in rows:
            await self.connection.execute(NOTIFY, of_cancel(str(row["id"])))

    async def delete_jobs(self, user_id: str) -> None:
        """Delete all, and what was told of them."""
        rows = await self.connection.fetch(_DELETE, user_id)
        await self.news.deleted(self.connection, rows)
        await silence(self.connection, [str(row["id"]) for row in rows])
        for row in rows:
            await self.connection.execute(NOTIFY, of_job(str(row["id"])))

    async def delete_universes(self, user_id: str) -> None:
        """Delete all; nobody is told, for nobody else knew of them."""
        await self.connection.execute(_FORGET, user_id)
