"""What is stored in PostgreSQL and not yet among the points: ticks by their numbers, sentiment by transactions.

A series' ticks are numbered and committed in that order, so that its place is a number. Places lie in tables of their
own, without references: nobody who stores or deletes waits for the mirror, and what outlives its dataset there is what
the points still have to forget.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from chassis.reach import SYSTEM, enter
from services.marketdata.adapters.alternative_postgres import CHANGED, HORIZON
from services.marketdata.app.mirror_ports import News
from services.marketdata.domain.feed.points import PriceRows, SentimentRow
from services.marketdata.domain.feed.records import nanoseconds

if TYPE_CHECKING:
    from chassis.outbox import Connection
    from chassis.postgres import Pool

TICKS_AT_ONCE = 5000
DATASETS_AT_ONCE = 8  # whose sentiment is read
HOUR = timedelta(hours=1)  # that sentiment is added up by

_LOCK = "hashtextextended('mirror of ' || current_schema(), 0)"
TRY = f"SELECT pg_try_advisory_xact_lock({_LOCK})"
LOCK = f"SELECT pg_advisory_xact_lock({_LOCK})"
# One statement: no series is noted without its dataset.
NOTE = """
WITH noted AS (
    INSERT INTO mirror_datasets (dataset_id)
    SELECT id FROM datasets d WHERE NOT EXISTS (SELECT FROM mirror_datasets m WHERE m.dataset_id = d.id)
)
INSERT INTO mirror_series (series_id, dataset_id)
SELECT id, dataset_id FROM series s WHERE NOT EXISTS (SELECT FROM mirror_series m WHERE m.series_id = s.id)
"""
DUE = """
SELECT m.series_id, m.seq, s.seq - m.seq FROM mirror_series m JOIN series s ON s.id = m.series_id
WHERE s.seq > m.seq ORDER BY s.seq - m.seq DESC LIMIT $1
"""
MENTIONED = """
SELECT m.dataset_id::text, m.sentiment FROM mirror_datasets m
WHERE EXISTS (SELECT FROM mentions n WHERE n.dataset_id = m.dataset_id
              AND n.committed >= m.sentiment::text::xid8 AND n.committed < $1::bigint::text::xid8)
ORDER BY m.sentiment LIMIT $2
"""
GONE = "SELECT dataset_id::text FROM mirror_datasets m WHERE NOT EXISTS (SELECT FROM datasets WHERE id = m.dataset_id)"
OWED = "SELECT place FROM mirror_places WHERE name = 'owed'"
# Of each series the ticks behind one number up to another. The limit says what the planner cannot know: they are few.
# In arrays: objects for each tick would set off the collection of garbage, which takes long where much is alive.
TICKS = """
SELECT s.dataset_id::text, s.symbol, coalesce(l.mic, ''), o.source, array_agg(t.occurred_at), array_agg(t.price),
       array_agg(t.size),
       array_agg((SELECT count(*) FROM ticks e
                  WHERE e.series_id = t.series_id AND e.occurred_at = t.occurred_at AND e.stream_id = t.stream_id
                    AND e.seq < t.seq))
FROM unnest($1::integer[], $2::bigint[], $3::bigint[]) AS k (id, behind, upto)
JOIN series s ON s.id = k.id
LEFT JOIN listings l ON l.dataset_id = s.dataset_id AND l.symbol = s.symbol AND l.valid_to IS NULL
CROSS JOIN LATERAL (SELECT * FROM ticks WHERE series_id = k.id AND seq > k.behind AND seq <= k.upto
                    ORDER BY seq LIMIT k.upto - k.behind) t
JOIN streams o ON o.id = t.stream_id
GROUP BY s.id, o.id, l.mic
"""

KEEP_SERIES = """
UPDATE mirror_series m SET seq = k.seq FROM unnest($1::integer[], $2::bigint[]) AS k (id, seq) WHERE m.series_id = k.id
"""
KEEP_SENTIMENT = "UPDATE mirror_datasets SET sentiment = $2 WHERE dataset_id = ANY ($1::uuid[])"
FORGET = (
    "DELETE FROM mirror_series WHERE dataset_id = ANY ($1::uuid[])",
    "DELETE FROM mirror_datasets WHERE dataset_id = ANY ($1::uuid[])",
)
KEEP_PLACE = """
INSERT INTO mirror_places (name, place) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET place = EXCLUDED.place
"""
PAID = "DELETE FROM mirror_places WHERE name = 'owed'"
START_OVER = ("UPDATE mirror_series SET seq = 0", "UPDATE mirror_datasets SET sentiment = 0")
OWE = """
INSERT INTO mirror_places (name, place) SELECT 'owed', place FROM mirror_places WHERE name = 'kept'
ON CONFLICT (name) DO UPDATE SET place = least(mirror_places.place, EXCLUDED.place)
"""


@dataclass(frozen=True, slots=True)
class PostgresTurn:
    """The port Turn on a connection inside the transaction that has the lock."""

    db: Connection
    series: Sequence[tuple[int, int, int]]  # id, behind which number, up to which
    mentioned: Sequence[tuple[str, int]]  # dataset, since which transaction
    horizon: int  # transaction before which sentiment is read
    gone: Sequence[str]
    owed: int | None
    behind: bool

    @property
    def idle(self) -> bool:
        """Whether nothing is new."""
        return not (self.series or self.mentioned or self.gone)

    async def news(self) -> News:
        """A statement for ticks, and one for each dataset whose sentiment changed."""
        async with _read(self.db):
            return News(await self._prices(), await self._sentiment(), self.gone)

    async def keep(self, owed: int | None, now: int) -> None:
        """A statement for each kind of place."""
        if self.series:
            ids, _, upto = zip(*self.series, strict=True)
            await self.db.execute(KEEP_SERIES, list(ids), list(upto))
        if self.mentioned:
            await self.db.execute(KEEP_SENTIMENT, [dataset for dataset, _ in self.mentioned], self.horizon)
        for statement in FORGET if self.gone else ():
            await self.db.execute(statement, list(self.gone))
        await self.db.execute(KEEP_PLACE, "kept", now)
        if owed is not None and owed != self.owed:
            await self.db.execute(KEEP_PLACE, "owed", owed)

    async def pay(self, left: int | None) -> None:
        """One statement."""
        await (self.db.execute(PAID) if left is None else self.db.execute(KEEP_PLACE, "owed", left))

    async def _prices(self) -> list[PriceRows]:
        if not self.series:
            return []
        columns = (list(column) for column in zip(*self.series, strict=True))
        return [PriceRows._make(row) for row in await self.db.fetch(TICKS, *columns)]

    async def _sentiment(self) -> list[SentimentRow]:
        return [
            SentimentRow(dataset, symbol, source, channel, nanoseconds(start), score, count, upvotes, confidence)
            for dataset, since in self.mentioned
            for symbol, source, channel, start, score, count, upvotes, confidence, _ in await self.db.fetch(
                CHANGED, dataset, HOUR, since, self.horizon
            )
        ]


@dataclass(frozen=True, slots=True)
class PostgresJournal:
    """The port Journal. A transaction holds the lock: it is free as soon as its connection is gone."""

    pool: Pool

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[PostgresTurn | None]:
        """A transaction for what there is, and one for the turn."""
        async with self.pool.acquire() as db:
            # A dataset is noted for good before any point of it is written, or nobody would know what to forget.
            async with db.transaction():
                await enter(db, SYSTEM)
                free = await db.fetchval(TRY)
                if free:
                    await db.execute(NOTE)
            if not free:
                yield None
                return
            async with db.transaction():
                # Without it every dataset would seem gone.
                await enter(db, SYSTEM)
                yield await _turn(db) if await db.fetchval(TRY) else None

    async def prepare(self) -> None:
        """Have the index that ticks are read by; where there is much to index, storing waits for it once."""
        await self.pool.execute("SELECT index_ticks_for_mirror()")

    async def start_over(self) -> None:
        """Waits for a turn under way."""
        await self._change(*START_OVER)

    async def owe(self) -> None:
        """Waits for a turn under way."""
        await self._change(OWE)

    async def _change(self, *statements: str) -> None:
        async with self.pool.acquire() as db, db.transaction():
            await db.execute(LOCK)
            for statement in statements:
                await db.execute(statement)


async def _turn(db: Connection) -> PostgresTurn:
    async with _read(db):
        due = await db.fetch(DUE, TICKS_AT_ONCE)
        horizon = await db.fetchval(HORIZON)
        mentioned = await db.fetch(MENTIONED, horizon, DATASETS_AT_ONCE)
        gone = [row[0] for row in await db.fetch(GONE)]
        owed = await db.fetchval(OWED)
    backlogs = [backlog for _, _, backlog in due]
    taken = shares(backlogs, TICKS_AT_ONCE)
    series = [(series_id, seq, seq + share) for (series_id, seq, _), share in zip(due, taken, strict=True)]
    behind = taken != backlogs or len(due) == TICKS_AT_ONCE or len(mentioned) == DATASETS_AT_ONCE
    return PostgresTurn(db, series, [tuple(row) for row in mentioned], int(horizon), gone, owed, behind)


@asynccontextmanager
async def _read(db: Connection) -> AsyncIterator[None]:
    """Read inside it, and hold no table afterwards.

    While points are on their way, which takes long where InfluxDB is slow, nobody shall wait for the mirror: to drop a
    partition, say, with all who store ticks behind him. To roll a savepoint back frees what was locked since.
    """
    savepoint: Any = db.transaction()
    await savepoint.start()
    try:
        yield
    finally:
        await savepoint.rollback()


def shares(backlogs: Sequence[int], room: int) -> list[int]:
    """Return how much of each backlog is taken: evenly, and what one leaves is the others'. At least one of each."""
    taken = list(backlogs)
    by_size = sorted(range(len(backlogs)), key=backlogs.__getitem__)
    for place, at in enumerate(by_size):
        taken[at] = min(backlogs[at], max(1, room // (len(backlogs) - place)))
        room -= taken[at]
    return taken
