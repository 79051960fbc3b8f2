"""What was found of records, the rules and the quarantine, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from services.marketdata.adapters.feed_postgres import rules_of
from services.marketdata.app.feed_ports import Kept, Quarantined
from services.marketdata.domain.dataset import Dataset
from services.marketdata.domain.feed.records import Fault, Stream
from services.marketdata.domain.feed.rules import Rules

if TYPE_CHECKING:
    from chassis.postgres import Pool

FINDINGS = """
SELECT symbol, source, finding, sum(count)::bigint FROM quality
WHERE dataset_id = $1 AND day BETWEEN $2 AND $3 GROUP BY symbol, source, finding
"""
RULES = "SELECT rules FROM quality_rules WHERE dataset_id = $1"
CHANGE_RULES = """
INSERT INTO quality_rules AS q (dataset_id, rules) VALUES ($1, $2)
ON CONFLICT (dataset_id) DO UPDATE SET rules = q.rules || EXCLUDED.rules RETURNING rules
"""
RECORD = """
SELECT id, dataset_id, symbol, source, currency, fault, occurred_at, price, size, number, payload, knowledge_time,
       released_at, stored_at
FROM quarantine WHERE dataset_id = $1
"""
QUARANTINE = RECORD + "AND id > $2 AND ($3 = '' OR symbol = $3) AND ($4 = 0 OR fault = $4) ORDER BY id LIMIT $5"
THESE = RECORD + "AND id = ANY ($2::uuid[]) ORDER BY array_position($2::uuid[], id)"
MARK = "UPDATE quarantine SET released_at = $3 WHERE dataset_id = $1 AND id = ANY ($2::uuid[]) AND stored_at IS NULL"
FIRST = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class PostgresQuality:
    """The port Quality."""

    pool: Pool

    async def findings(self, dataset: Dataset, start: date | None, end: date | None) -> list[tuple[str, str, int, int]]:
        """One statement."""
        rows = await self.pool.fetch(FINDINGS, dataset.id, start or date.min, end or date.max)
        return [tuple(row) for row in rows]

    async def rules(self, dataset: Dataset) -> Rules:
        """One statement."""
        return rules_of(await self.pool.fetchval(RULES, dataset.id))

    async def change_rules(self, dataset: Dataset, changes: Mapping[str, float | int]) -> Rules:
        """One statement; two at once both hold."""
        return rules_of(await self.pool.fetchval(CHANGE_RULES, dataset.id, dict(changes)))

    async def quarantine(
        self, dataset: Dataset, symbol: str, fault: Fault, after: str | None, limit: int
    ) -> list[Quarantined]:
        """One statement; ids rise with time."""
        rows = await self.pool.fetch(QUARANTINE, dataset.id, after or FIRST, symbol, fault.value, limit)
        return [_quarantined(row) for row in rows]

    async def records(self, dataset: Dataset, ids: Sequence[str]) -> list[Quarantined]:
        """One statement."""
        return [_quarantined(row) for row in await self.pool.fetch(THESE, dataset.id, list(ids))]

    async def mark_released(self, dataset: Dataset, ids: Sequence[str], now: datetime) -> None:
        """One statement."""
        await self.pool.execute(MARK, dataset.id, list(ids), now)


def _quarantined(row: Any) -> Quarantined:
    stream = Stream(str(row["dataset_id"]), row["symbol"], row["source"])
    kept = Kept(
        id=str(row["id"]),
        stream=stream,
        currency=row["currency"],
        fault=Fault(row["fault"]),
        occurred_at=row["occurred_at"],
        price=row["price"],
        size=row["size"],
        number=row["number"],
        payload=row["payload"],
    )
    return Quarantined(kept, row["knowledge_time"], row["released_at"], row["stored_at"])
