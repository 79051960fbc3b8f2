"""Bars that were rolled up from ticks, and how long they and the ticks are kept, in PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from chassis.logging import logger
from chassis.postgres import AWAY
from services.marketdata.app.list_tick_bars import TickBarRange
from services.marketdata.domain.dataset import Dataset
from services.marketdata.domain.feed.bars import TickBar
from services.marketdata.domain.feed.records import nanoseconds

if TYPE_CHECKING:
    from chassis.postgres import Pool

_BAR = "s.symbol, b.start, b.open, b.high, b.low, b.close, b.volume, b.ticks, b.knowledge_time"
# A version counts at a time ($7) if it was known then and not yet superseded. Behind (start $5, symbol $6).
PAGE = f"""
SELECT {_BAR}
FROM series s JOIN tick_bars b ON b.series_id = s.id
WHERE s.dataset_id = $1 AND (cardinality($2::text[]) = 0 OR s.symbol = ANY ($2::text[])) AND b.width = $3
  AND b.start >= $5 AND b.start < $4 AND (b.start, s.symbol) > ($5, $6)
  AND b.knowledge_time <= $7 AND b.superseded_at > $7
ORDER BY b.start, s.symbol LIMIT $8
"""  # noqa: S608
HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
# Of each symbol the last row of an index, not all bars there are.
NEWEST = f"""
SELECT {_BAR} FROM series s CROSS JOIN LATERAL (
    SELECT * FROM tick_bars t
    WHERE t.series_id = s.id AND t.width = $2 AND t.committed < $3::bigint::text::xid8
    ORDER BY t.start DESC, t.knowledge_time DESC LIMIT 1
) b
WHERE s.dataset_id = $1 ORDER BY s.symbol
"""  # noqa: S608
CLOSED = f"""
SELECT b.committed::text::bigint, {_BAR} FROM tick_bars b JOIN series s ON s.id = b.series_id
WHERE s.dataset_id = $1 AND b.width = $2
  AND b.committed >= $3::bigint::text::xid8 AND b.committed < $4::bigint::text::xid8
ORDER BY b.committed, b.start, s.symbol LIMIT $5
"""  # noqa: S608
AT_ONCE = 5000  # bars; what one transaction committed is never cut
KEEP = "SELECT keep_feed($1, $2)"
FORGET = "DELETE FROM quarantine WHERE knowledge_time < $1"
QUARANTINE_KEPT = timedelta(days=30)

_LAST = 2**63 - 1
_NOW = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)  # later than anything is known, earlier than `infinity`


@dataclass(frozen=True, slots=True)
class PostgresTickBars:
    """The ports TickBars and Retention; where bars are `archiving`, none is dropped before it is archived."""

    pool: Pool
    archiving: bool = False

    async def page(
        self, dataset: Dataset, asked: TickBarRange, behind: tuple[int, str] | None, limit: int
    ) -> list[TickBar]:
        """One statement."""
        first = nanoseconds(asked.start) if asked.start else 0
        start, symbol = behind or (first, "")
        end = nanoseconds(asked.end) if asked.end else _LAST
        known = (asked.as_of or _NOW, limit)
        rows = await self.pool.fetch(PAGE, dataset.id, list(asked.symbols), asked.width, end, start, symbol, *known)
        return [TickBar(*row) for row in rows]

    async def horizon(self) -> int:
        """The oldest transaction that is still under way."""
        return int(await self.pool.fetchval(HORIZON))

    async def newest(self, dataset: Dataset, width: int, before: int) -> list[TickBar]:
        """One statement."""
        return [TickBar(*row) for row in await self.pool.fetch(NEWEST, dataset.id, width, before)]

    async def changed(self, dataset: Dataset, width: int, since: int, before: int) -> tuple[list[TickBar], int]:
        """One statement, or two where one transaction committed more than is read at once."""
        rows = await self.pool.fetch(CLOSED, dataset.id, width, since, before, AT_ONCE + 1)
        if len(rows) > AT_ONCE:
            last = rows[-1][0]
            if rows[0][0] == last:
                rows, before = await self.pool.fetch(CLOSED, dataset.id, width, last, last + 1, _LAST), last + 1
            else:
                rows, before = [row for row in rows if row[0] < last], last
        return [TickBar(*row[1:]) for row in rows], before

    async def keep_feed(self, now: datetime) -> bool:
        """Partitions by a function that may make and drop them; the quarantine row by row."""
        try:
            await self.pool.execute(KEEP, nanoseconds(now), self.archiving)
            await self.pool.execute(FORGET, now - QUARANTINE_KEPT)
        except AWAY as error:
            logger().warning("feed_not_tidied", error=f"{type(error).__name__}: {error}")
            return False
        return True
