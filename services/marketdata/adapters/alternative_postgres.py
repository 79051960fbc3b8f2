"""Documents, what they say of instruments, and figures, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from services.marketdata.app.alternative_ports import (
    FiguresAsked,
    KeptDocument,
    KeptFigure,
    Scored,
    SentimentAsked,
    SentimentPoint,
)
from services.marketdata.domain.alternative.linking import Named
from services.marketdata.domain.alternative.records import DocumentKind, Figure
from services.marketdata.domain.dataset import Dataset

if TYPE_CHECKING:
    from chassis.outbox import Connection
    from chassis.postgres import Pool

# A dataset's row is held against its deletion.
REVISIONS = """
SELECT id, coalesce((extract(epoch FROM knowledge_time) * 1000000)::bigint, 0) AS revision
FROM datasets WHERE id = ANY ($1::uuid[]) ORDER BY id FOR KEY SHARE
"""
NAMED = """
SELECT l.symbol, i.name FROM listings l JOIN instruments i ON i.id = l.instrument_id
WHERE l.dataset_id = $1 AND l.valid_to IS NULL ORDER BY l.symbol
"""
KNOWN = "SELECT id FROM documents WHERE dataset_id = $1 AND source = $2 AND id = ANY ($3::text[])"
KEEP_DOCUMENT = """
INSERT INTO documents (dataset_id, source, id, kind, channel, title, url, published_at, upvote_ratio, score, confidence,
                       symbols, knowledge_time)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING RETURNING true
"""
MENTION = """
INSERT INTO mentions
    (dataset_id, symbol, source, channel, published_at, score, confidence, upvote_ratio, knowledge_time)
SELECT $1, symbol, $2, $3, $4, $5, $6, $7, $8 FROM unnest($9::text[]) AS symbol
"""
# Of figures given more than once the last counts. One that is known as it is given changes nothing.
KEEP_FIGURES = """
WITH given AS (
    SELECT DISTINCT ON (subject, metric, day, period) *
    FROM unnest($3::text[], $4::text[], $5::date[], $6::text[], $7::numeric(28, 8)[], $8::text[], $9::timestamptz[])
         WITH ORDINALITY AS g (subject, metric, day, period, value, currency, published_at, place)
    ORDER BY subject, metric, day, period, place DESC
), replaced AS (
    UPDATE figures f SET superseded_at = greatest($10, f.knowledge_time + interval '1 microsecond')
    FROM given g
    WHERE f.dataset_id = $1 AND f.source = $2 AND f.subject = g.subject AND f.metric = g.metric AND f.day = g.day
      AND f.period = g.period AND f.superseded_at = 'infinity'
      AND (f.value, f.currency, f.published_at) IS DISTINCT FROM (g.value, g.currency, g.published_at)
    RETURNING f.subject, f.metric, f.day, f.period, f.superseded_at
)
INSERT INTO figures (dataset_id, source, subject, metric, day, period, value, currency, published_at, knowledge_time)
SELECT $1, $2, g.subject, g.metric, g.day, g.period, g.value, g.currency, g.published_at, coalesce(r.superseded_at, $10)
FROM given g LEFT JOIN replaced r USING (subject, metric, day, period)
WHERE r.subject IS NOT NULL OR NOT EXISTS (
    SELECT FROM figures f
    WHERE f.dataset_id = $1 AND f.source = $2 AND f.subject = g.subject AND f.metric = g.metric AND f.day = g.day
      AND f.period = g.period AND f.superseded_at = 'infinity'
)
"""

DOCUMENTS = """
SELECT id, source, kind, channel, title, url, published_at, knowledge_time, upvote_ratio, score, confidence, symbols
FROM documents
WHERE dataset_id = $1 AND (cardinality($2::text[]) = 0 OR symbols && $2::text[]) AND ($3 = '' OR source = $3)
"""
DOCUMENTS_ORDER = " ORDER BY published_at DESC, source, id LIMIT $4"
DOCUMENTS_BEHIND = " AND (published_at < $5 OR (published_at = $5 AND (source, id) > ($6, $7)))" + DOCUMENTS_ORDER

# The mean of scores weighs each by its confidence; of documents that say nothing it is 0.
_POINT = """
symbol, source, channel, start, coalesce(sum(score * confidence) / nullif(sum(confidence), 0), 0), count(*)::integer,
avg(upvote_ratio), avg(confidence), max(knowledge_time)
"""
_GROUP = "GROUP BY symbol, source, channel, start"
SENTIMENT = f"""
SELECT {_POINT}
FROM (SELECT *, date_bin($4::interval, published_at, '1970-01-01 00:00:00+00') AS start FROM mentions
      WHERE dataset_id = $1 AND (cardinality($2::text[]) = 0 OR symbol = ANY ($2::text[])) AND ($3 = '' OR source = $3)
        AND published_at >= greatest($5::timestamptz, $8::timestamptz) AND knowledge_time <= $7) m
WHERE start >= $5 AND start < $6 AND (start, symbol, source, channel) > ($8, $9, $10, $11)
{_GROUP} ORDER BY start, symbol, source, channel LIMIT $12
"""  # noqa: S608
HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
# The intervals that transactions changed, each as all before the last of them left it.
CHANGED = f"""
WITH touched AS (
    SELECT DISTINCT symbol, source, channel, date_bin($2::interval, published_at, '1970-01-01 00:00:00+00') AS start
    FROM mentions
    WHERE dataset_id = $1 AND committed >= $3::bigint::text::xid8 AND committed < $4::bigint::text::xid8
)
SELECT {_POINT}
FROM (SELECT m.*, t.start FROM touched t JOIN mentions m
      ON m.dataset_id = $1 AND m.symbol = t.symbol AND m.source = t.source AND m.channel = t.channel
     AND m.published_at >= t.start AND m.published_at < t.start + $2::interval
      WHERE m.committed < $4::bigint::text::xid8) m
{_GROUP} ORDER BY start, symbol, source, channel
"""  # noqa: S608
NEWEST = f"""
WITH last AS (
    SELECT symbol, source, channel, max(date_bin($2::interval, published_at, '1970-01-01 00:00:00+00')) AS start
    FROM mentions
    WHERE dataset_id = $1 AND committed < $3::bigint::text::xid8 GROUP BY symbol, source, channel
)
SELECT {_POINT}
FROM (SELECT m.*, t.start FROM last t JOIN mentions m
      ON m.dataset_id = $1 AND m.symbol = t.symbol AND m.source = t.source AND m.channel = t.channel
     AND m.published_at >= t.start
      WHERE m.committed < $3::bigint::text::xid8) m
{_GROUP} ORDER BY start, symbol, source, channel
"""  # noqa: S608

FIGURES = """
SELECT subject, metric, day, period, source, value, currency, published_at, knowledge_time
FROM figures
WHERE dataset_id = $1 AND (metric = '') = $2 AND (cardinality($3::text[]) = 0 OR subject = ANY ($3::text[]))
  AND (cardinality($4::text[]) = 0 OR metric = ANY ($4::text[])) AND day BETWEEN $5 AND $6
  AND knowledge_time <= $7 AND superseded_at > $7
  AND (subject, metric, day, period, source) > ($8, $9, $10, $11, $12)
ORDER BY subject, metric, day, period, source LIMIT $13
"""

_FIRST = datetime(1, 1, 2, tzinfo=UTC)
_NOW = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)  # later than anything is known, earlier than `infinity`


@dataclass(frozen=True, slots=True)
class PostgresAlternativeLedger:
    """The port AlternativeLedger on a connection inside a transaction."""

    db: Connection

    async def revisions(self, dataset_ids: Collection[str]) -> dict[str, int]:
        """One statement."""
        return {str(row["id"]): row["revision"] for row in await self.db.fetch(REVISIONS, list(dataset_ids))}

    async def named(self, dataset_id: str) -> list[Named]:
        """One statement."""
        return [Named(row["symbol"], row["name"]) for row in await self.db.fetch(NAMED, dataset_id)]

    async def known(self, dataset_id: str, source: str, ids: Collection[str]) -> set[str]:
        """One statement."""
        return {row["id"] for row in await self.db.fetch(KNOWN, dataset_id, source, list(ids))}

    async def keep_documents(self, scored: Sequence[Scored], now: datetime) -> None:
        """Two statements for each."""
        for each in scored:
            document, sentiment = each.document, each.sentiment
            whose, how = (each.dataset_id, each.source), (sentiment.score, sentiment.confidence)
            kept = await self.db.fetchval(
                KEEP_DOCUMENT,
                *(*whose, document.id, document.kind.value, document.channel, document.title, document.url),
                *(document.published_at, document.upvote_ratio, *how, list(each.symbols), now),
            )
            if kept:
                said = (document.channel, document.published_at, *how, document.upvote_ratio, now)
                await self.db.execute(MENTION, *whose, *said, list(each.symbols))

    async def keep_figures(self, dataset_id: str, source: str, figures: Sequence[Figure], now: datetime) -> None:
        """One statement."""
        columns = (
            [each.subject for each in figures],
            [each.metric for each in figures],
            [each.day for each in figures],
            [each.period for each in figures],
            [each.value for each in figures],
            [each.currency for each in figures],
            [each.published_at for each in figures],
        )
        await self.db.execute(KEEP_FIGURES, dataset_id, source, *columns, now)


@dataclass(frozen=True, slots=True)
class PostgresAlternative:
    """The port Alternative."""

    pool: Pool

    async def documents(
        self, dataset: Dataset, symbols: Sequence[str], source: str, after: Sequence[str], limit: int
    ) -> list[KeptDocument]:
        """One statement."""
        given = (dataset.id, list(symbols), source, limit)
        if after:
            at, *rest = after
            rows = await self.pool.fetch(DOCUMENTS + DOCUMENTS_BEHIND, *given, datetime.fromisoformat(at), *rest)
        else:
            rows = await self.pool.fetch(DOCUMENTS + DOCUMENTS_ORDER, *given)
        return [_document(row) for row in rows]

    async def sentiment(
        self, dataset: Dataset, asked: SentimentAsked, after: Sequence[str], limit: int
    ) -> list[SentimentPoint]:
        """One statement."""
        start, *rest = after or (_FIRST.isoformat(), "", "", "")
        which = (dataset.id, list(asked.symbols), asked.source, timedelta(seconds=asked.width))
        span = (asked.start or _FIRST, asked.end or _NOW, asked.as_of or _NOW)
        rows = await self.pool.fetch(SENTIMENT, *which, *span, datetime.fromisoformat(start), *rest, limit)
        return [SentimentPoint(*row) for row in rows]

    async def figures(
        self, dataset: Dataset, asked: FiguresAsked, after: Sequence[str], limit: int
    ) -> list[KeptFigure]:
        """One statement."""
        subject, metric, day, *rest = after or ("", "", date.min.isoformat(), "", "")
        which = (dataset.id, asked.economy, list(asked.subjects), list(asked.metrics))
        span = (asked.start or date.min, asked.end or date.max, asked.as_of or _NOW)
        behind = (subject, metric, date.fromisoformat(day), *rest)
        rows = await self.pool.fetch(FIGURES, *which, *span, *behind, limit)
        return [KeptFigure(*row) for row in rows]

    async def horizon(self) -> int:
        """The oldest transaction that is still under way."""
        return int(await self.pool.fetchval(HORIZON))

    async def newest(self, dataset: Dataset, width: int, before: int) -> list[SentimentPoint]:
        """One statement."""
        rows = await self.pool.fetch(NEWEST, dataset.id, timedelta(seconds=width), before)
        return [SentimentPoint(*row) for row in rows]

    async def changed(self, dataset: Dataset, width: int, since: int, before: int) -> tuple[list[SentimentPoint], int]:
        """One statement: however much was written, of each interval there is one point."""
        rows = await self.pool.fetch(CHANGED, dataset.id, timedelta(seconds=width), since, before)
        return [SentimentPoint(*row) for row in rows], before


def _document(row: Any) -> KeptDocument:
    identity, source, kind, *rest = row
    return KeptDocument(identity, source, DocumentKind(kind), *rest)
