"""Bars that were rolled up from ticks, and how long they and the ticks are kept, in PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from chassis.postgres import AWAY
from services.marketdata.app.list_tick_bars import TickBarRange
from services.marketdata.domain.dataset import Dataset
from services.marketdata.domain.feed.bars import TickBar

if TYPE_CHECKING:
    from chassis.postgres import Pool

# A version counts at a time ($7) if it was known then and not yet superseded. Behind (start $5, symbol $6).
PAGE = """
SELECT s.symbol, b.start, b.open, b.high, b.low, b.close, b.volume, b.ticks, b.knowledge_time
FROM series s JOIN tick_bars b ON b.series_id = s.id
WHERE s.dataset_id = $1 AND (cardinality($2::text[]) = 0 OR s.symbol = ANY ($2::text[])) AND b.width = $3
  AND b.start >= $5 AND b.start < $4 AND (b.start, s.symbol) > ($5, $6)
  AND b.knowledge_time <= $7 AND b.superseded_at > $7
ORDER BY b.start, s.symbol LIMIT $8
"""
KEEP = "SELECT keep_feed($1)"
FORGET = "DELETE FROM quarantine WHERE knowledge_time < $1"
QUARANTINE_KEPT = timedelta(days=30)

_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = 2**63 - 1
_NOW = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)  # later than anything is known, earlier than `infinity`


@dataclass(frozen=True, slots=True)
class PostgresTickBars:
    """The ports TickBars and Retention."""

    pool: Pool

    async def page(
        self, dataset: Dataset, asked: TickBarRange, behind: tuple[int, str] | None, limit: int
    ) -> list[TickBar]:
        """One statement."""
        first = _nanoseconds(asked.start) if asked.start else 0
        start, symbol = behind or (first, "")
        end = _nanoseconds(asked.end) if asked.end else _LAST
        known = (asked.as_of or _NOW, limit)
        rows = await self.pool.fetch(PAGE, dataset.id, list(asked.symbols), asked.width, end, start, symbol, *known)
        return [TickBar(*row) for row in rows]

    async def keep_feed(self, now: datetime) -> bool:
        """Partitions by a function that may make and drop them; the quarantine row by row."""
        try:
            await self.pool.execute(KEEP, _nanoseconds(now))
            await self.pool.execute(FORGET, now - QUARANTINE_KEPT)
        except AWAY:
            return False
        return True


def _nanoseconds(moment: datetime) -> int:
    since = moment - _UNIX
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * 1000
