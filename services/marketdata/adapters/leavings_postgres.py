"""What a user leaves behind, in PostgreSQL and among the ticks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chassis import departed
from chassis.outbox import append, silence
from services.marketdata.adapters.datasets_postgres import DATASETS, dataset_of
from services.marketdata.adapters.events_outbox import deleted
from services.marketdata.adapters.replays_postgres import ROW, tell_ends
from services.marketdata.domain.dataset import Dataset

if TYPE_CHECKING:
    from chassis.outbox import Connection

END_REPLAYS = f"UPDATE replays SET state = 3 WHERE user_id = $1 AND state = 1 RETURNING {ROW}"  # noqa: S608
STOP_FEEDS = "UPDATE feeds SET running = false WHERE user_id = $1"
DELETE_REPLAYS = "DELETE FROM replays WHERE user_id = $1 RETURNING id::text"
LOCK_PRIVATE = "SELECT id FROM datasets WHERE user_id = $1 AND visibility = 1 ORDER BY id FOR UPDATE"
PRIVATE = DATASETS + "WHERE d.user_id = $1 AND d.visibility = 1 ORDER BY d.id"
KNOWN_AT = "SELECT knowledge_time FROM datasets WHERE id = $1"
# In the order of their references.
_FEED = "WHERE series_id IN (SELECT id FROM series WHERE dataset_id = $1)"
DELETE_DATASET = tuple(
    f"DELETE FROM {table} {where}"  # noqa: S608
    for table, where in (
        ("replays", "WHERE dataset_id = $1"),
        ("ticks", _FEED),
        ("tick_bars", _FEED),
        ("streams", _FEED),
        ("series", "WHERE dataset_id = $1"),
        ("quality_rules", "WHERE dataset_id = $1"),
        ("quality", "WHERE dataset_id = $1"),
        ("quarantine", "WHERE dataset_id = $1"),
        ("feeds", "WHERE dataset_id = $1"),
        ("figures", "WHERE dataset_id = $1"),
        ("mentions", "WHERE dataset_id = $1"),
        ("documents", "WHERE dataset_id = $1"),
        ("corporate_actions", "WHERE dataset_id = $1"),
        ("listings", "WHERE dataset_id = $1"),
        ("bars", "WHERE dataset_id = $1"),
        ("instruments", "WHERE dataset_id = $1"),
        ("datasets", "WHERE id = $1"),
    )
)


@dataclass(frozen=True, slots=True)
class PostgresLeavings:
    """The port Leavings on a connection inside a transaction."""

    db: Connection
    forget_ticks: Callable[[str], Awaitable[None]]

    async def depart(self, user_id: str) -> None:
        """A tombstone."""
        await departed.depart(self.db, user_id)

    async def delete_replays(self, user_id: str) -> None:
        """End those that run, then delete all, and what was told of them."""
        await tell_ends(self.db, await self.db.fetch(END_REPLAYS, user_id))
        await silence(self.db, [row["id"] for row in await self.db.fetch(DELETE_REPLAYS, user_id)])

    async def stop_feeds(self, user_id: str) -> None:
        """One statement."""
        await self.db.execute(STOP_FEEDS, user_id)

    async def private_datasets(self, user_id: str) -> list[Dataset]:
        """Lock, then read."""
        await self.db.execute(LOCK_PRIVATE, user_id)
        return [dataset_of(row) for row in await self.db.fetch(PRIVATE, user_id)]

    async def delete(self, dataset: Dataset) -> None:
        """Delete a dataset with all that refers to it, and what was told of it."""
        known_at = await self.db.fetchval(KNOWN_AT, dataset.id)
        for statement in DELETE_DATASET:
            await self.db.execute(statement, dataset.id)
        await append(self.db, deleted(dataset, known_at, datetime.now(UTC)))
        await silence(self.db, [dataset.id])
        await self.forget_ticks(dataset.id)
