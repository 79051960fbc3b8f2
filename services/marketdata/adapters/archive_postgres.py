"""Which days of bars are archived, and the bars themselves, in PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from chassis.reach import SYSTEM, alone
from services.marketdata.adapters.archived_bars import NOW, Asked, BarColumns
from services.marketdata.adapters.copy_binary import FLOAT8, INT4, INT8, decoded
from services.marketdata.app.archive import LEASE, STILL, SWEPT, BarDay, BarVersions, Edition
from services.marketdata.domain.feed.records import Ints
from services.marketdata.domain.feed.rollup import INTERVALS

if TYPE_CHECKING:
    from asyncpg import Record
    from asyncpg.pool import PoolConnectionProxy

    from chassis.postgres import Pool

DUE = "SELECT u.day, w AS width, u.dataset_id FROM unnest($1::integer[]) AS w, unarchived(w, $2) AS u"
DUE += " ORDER BY 1, 2, 3 LIMIT $3"
SAFE_UNTIL = "SELECT min(day) FROM unarchived($1, $2)"
# The dataset's row is held against its deletion.
BEGIN = f"""
INSERT INTO archived_days AS a (dataset_id, width, day, object, attempt, attempted_at)
SELECT id, $2, $3, $4, gen_random_uuid(), $5 FROM datasets WHERE id = $1 AND {alone(8)} FOR KEY SHARE
ON CONFLICT (dataset_id, width, day) DO UPDATE
    SET object = EXCLUDED.object, attempt = EXCLUDED.attempt, attempted_at = EXCLUDED.attempted_at
    WHERE a.attempted_at <= $6 AND a.archived_at < $7
RETURNING attempt::text
"""  # noqa: S608
_DAY = "dataset_id = $1 AND width = $2 AND day = $3"
ARCHIVED = f"""
UPDATE archived_days SET rows = $5, versions = $6, bytes = $7, archived_at = $8, attempt = NULL,
    attempted_at = '-infinity'
WHERE {_DAY} AND attempt = $4
"""  # noqa: S608
DOUBTFUL = f"UPDATE archived_days SET versions = -1 WHERE {_DAY}"  # noqa: S608
OBJECTS = """
SELECT object, bytes FROM archived_days
WHERE dataset_id = $1 AND width = $2 AND day BETWEEN $3 AND $4 AND rows > 0 ORDER BY day
"""
LEFT = "SELECT object FROM archive_leavings WHERE swept_at <= $1 ORDER BY swept_at LIMIT 1000"
FORGET = "DELETE FROM archive_leavings WHERE object = ANY ($1::text[]) AND left_at < $2"
SWEEP = "UPDATE archive_leavings SET swept_at = $2 WHERE object = ANY ($1::text[])"

SERIES = """
SELECT s.id, s.symbol, count(*) AS rows, sum(b.committed::text::bigint) AS versions
FROM series s JOIN tick_bars b ON b.series_id = s.id
WHERE s.dataset_id = $1 AND b.width = $2 AND b.start >= $3 AND b.start < $4
GROUP BY s.id, s.symbol ORDER BY s.symbol
"""
VALUES = [("start", INT8), *((name, FLOAT8) for name in ("open", "high", "low", "close", "volume")), ("ticks", INT8)]
FIELDS = [("series_id", INT4), *VALUES, ("first_at", INT8), ("last_at", INT8)]
FIELDS += [("knowledge_time", INT8), ("superseded_at", INT8)]
KNOWN = [("series_id", INT4), *VALUES, ("knowledge_time", INT8)]
BARS = f"""
SELECT {", ".join(name for name, _ in FIELDS)} FROM tick_bars
WHERE series_id = ANY ($1::integer[]) AND width = $2 AND start >= $3 AND start < $4
"""  # noqa: S608
# Of bars that were not dropped yet, as they were known at a time.
RANGE = f"""
SELECT {", ".join(name for name, _ in KNOWN)} FROM tick_bars
WHERE series_id = ANY ($1::integer[]) AND width = $2 AND start >= $3 AND start < $4
  AND knowledge_time <= $5 AND superseded_at > $5
"""  # noqa: S608
NAMED = """
SELECT id, symbol FROM series
WHERE dataset_id = $1 AND (cardinality($2::text[]) = 0 OR symbol = ANY ($2::text[])) ORDER BY symbol
"""
OLDEST = """
SELECT min(b.start) FROM series s CROSS JOIN LATERAL (
    SELECT start FROM tick_bars WHERE series_id = s.id AND width = $2 ORDER BY start LIMIT 1
) b WHERE s.dataset_id = $1
"""
PIECE = 200_000  # rows of whole symbols that are in memory at once

# PostgreSQL counts microseconds from 2000-01-01.
_NAMES = {name for name, _ in FIELDS} - {"series_id"}
_EPOCH = (datetime(2000, 1, 1, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class PostgresBarJournal:
    """The ports BarJournal and Catalogue."""

    pool: Pool
    widths: Sequence[int] = INTERVALS

    async def due(self, before: date, limit: int) -> list[BarDay]:
        """One statement, which reads all bars."""
        rows = await self.pool.fetch(DUE, list(self.widths), before, limit)
        return [BarDay(row["day"], row["width"], str(row["dataset_id"])) for row in rows]

    async def begin(self, day: BarDay, name: str, looked: datetime, now: datetime) -> str | None:
        """One statement."""
        whole = (day.dataset_id, day.width, day.day)
        taken: str | None = await self.pool.fetchval(BEGIN, *whole, name, now, now - LEASE, looked, SYSTEM)
        return taken

    async def bars(self, day: BarDay, take: Callable[[BarVersions], Awaitable[None]]) -> Edition:
        """One snapshot: a statement that counts, then a COPY for some symbols at a time."""
        span = (day.width, day.start, day.end)
        async with self.pool.acquire() as db, db.transaction(isolation="repeatable_read", readonly=True):
            series = await db.fetch(SERIES, day.dataset_id, *span)
            for piece in _pieces(series):
                data = await _copied(db, FIELDS, BARS, [row["id"] for row in piece], *span)
                await take(await asyncio.to_thread(_versions, piece, data))
        return Edition(sum(row["rows"] for row in series), sum(int(row["versions"]) for row in series))

    async def archived(self, day: BarDay, attempt: str, edition: Edition, size: int, now: datetime) -> bool:
        """One statement, under the attempt; one more if that was not the last."""
        whole = (day.dataset_id, day.width, day.day)
        told = (attempt, edition.rows, edition.versions, size, now)
        if await self.pool.execute(ARCHIVED, *whole, *told) == "UPDATE 1":
            return True
        await self.pool.execute(DOUBTFUL, *whole)
        return False

    async def safe_until(self, width: int, before: date) -> date:
        """One statement, which reads all bars of the width before the day."""
        found: date | None = await self.pool.fetchval(SAFE_UNTIL, width, before)
        return found or before

    async def objects(self, dataset_id: str, width: int, first: date, last: date) -> list[tuple[str, int]]:
        """One statement."""
        return [(row["object"], row["bytes"]) for row in await self.pool.fetch(OBJECTS, dataset_id, width, first, last)]

    async def left(self, now: datetime) -> list[str]:
        """One statement."""
        return [row["object"] for row in await self.pool.fetch(LEFT, now - LEASE)]

    async def swept(self, names: Sequence[str], now: datetime) -> None:
        """Two statements."""
        await self.pool.execute(FORGET, list(names), now - SWEPT)
        await self.pool.execute(SWEEP, list(names), now)


@dataclass(frozen=True, slots=True)
class PostgresStoredBars:
    """The port StoredBars."""

    pool: Pool

    async def range_of(self, asked: Asked) -> BarColumns:
        """A statement, and a COPY."""
        series = await self.pool.fetch(NAMED, asked.dataset_id, list(asked.symbols))
        ids, span = [row["id"] for row in series], (asked.width, asked.start, asked.end)
        async with self.pool.acquire() as db:
            data = await _copied(db, KNOWN, RANGE, ids, *span, asked.as_of or NOW)
        return await asyncio.to_thread(_bars, series, data)

    async def oldest(self, dataset_id: str, width: int) -> int | None:
        """One statement."""
        found: int | None = await self.pool.fetchval(OLDEST, dataset_id, width)
        return found


async def _copied(
    db: PoolConnectionProxy[Record], fields: Sequence[tuple[str, str]], query: str, *given: Any
) -> NDArray[np.void]:
    """The rows of a query by binary COPY."""
    data = bytearray()

    async def keep(piece: bytes) -> None:
        data.extend(piece)

    await db.copy_from_query(query, *given, output=keep, format="binary")
    return decoded(fields, data)


def _pieces(series: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Whole symbols of up to PIECE rows together, at least one."""
    piece, rows = list[Any](), 0
    for row in series:
        if piece and rows + row["rows"] > PIECE:
            yield piece
            piece, rows = [], 0
        piece.append(row)
        rows += row["rows"]
    if piece:
        yield piece


def _versions(series: Sequence[Any], data: NDArray[np.void]) -> BarVersions:
    return BarVersions(*_named(series, data), **_columns(data))


def _bars(series: Sequence[Any], data: NDArray[np.void]) -> BarColumns:
    return BarColumns.joined(BarColumns(*_named(series, data), **_columns(data)))


def _named(series: Sequence[Any], data: NDArray[np.void]) -> tuple[tuple[str, ...], Ints]:
    """The symbols, and of each row the index of its own."""
    ids = np.array([row["id"] for row in series], np.int64)
    rising = np.argsort(ids)
    return tuple(row["symbol"] for row in series), rising[np.searchsorted(ids[rising], data["series_id"])]


def _columns(data: NDArray[np.void]) -> dict[str, Any]:
    """All but the series, in the machine's own byte order; times of versions in µs since 1970."""
    names = [name for name in data.dtype.names or () if name in _NAMES]
    native = {name: data[name].astype(data.dtype[name].newbyteorder("=")) for name in names}
    for name in native.keys() & {"knowledge_time", "superseded_at"}:
        native[name] = np.where(native[name] == STILL, STILL, native[name] + _EPOCH)
    return native
