"""Feeds from vendors, what is due of them, and how the sources fare, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from chassis.departed import require_present
from chassis.reach import enter
from services.marketdata.adapters.feed_sql import HOLD_DATASETS
from services.marketdata.adapters.reach import reach_of
from services.marketdata.app.vendor_ports import Told
from services.marketdata.domain.dataset import Caller, Dataset
from services.marketdata.domain.errors import DatasetNotFound
from services.marketdata.domain.feed.allowance import Allowance, Problem
from services.marketdata.domain.feed.pulls import Feed, FeedName, Pull, Target, TargetStatus
from services.marketdata.domain.feed.sources import ASKING, Kind

if TYPE_CHECKING:
    from chassis.postgres import Pool

START = """
INSERT INTO feeds (dataset_id, source, kind, tenant_id, user_id, running, every, created_at)
VALUES ($1, $2, $3, $4, $5, true, $6, $7)
ON CONFLICT (dataset_id, source, kind) DO UPDATE SET running = true, every = EXCLUDED.every
"""
DROP_TARGETS = """
DELETE FROM feed_pulls
WHERE dataset_id = $1 AND source = $2 AND kind = $3 AND symbol <> ALL ($4::text[])
"""
# What the source now calls otherwise begins anew; what stays goes on where it was, and no later than its new pace.
ADD_TARGETS = """
INSERT INTO feed_pulls AS p (dataset_id, source, kind, symbol, vendor_symbol, part, due_at)
SELECT $1, $2, $3, t.symbol, t.vendor_symbol, part, $7
FROM unnest($4::text[], $5::text[]) AS t (symbol, vendor_symbol), unnest($6::text[]) AS part
ON CONFLICT (dataset_id, source, kind, symbol, part) DO UPDATE SET
    vendor_symbol = EXCLUDED.vendor_symbol,
    cursor = CASE WHEN p.vendor_symbol = EXCLUDED.vendor_symbol THEN p.cursor ELSE '{}' END,
    etag = CASE WHEN p.vendor_symbol = EXCLUDED.vendor_symbol THEN p.etag ELSE '' END,
    due_at = CASE WHEN p.vendor_symbol = EXCLUDED.vendor_symbol THEN least(p.due_at, $7 + $8) ELSE $7 END,
    lease = CASE WHEN p.vendor_symbol = EXCLUDED.vendor_symbol THEN p.lease END
"""
STOP = "UPDATE feeds SET running = false WHERE dataset_id = $1 AND source = $2 AND kind = $3"
FEEDS = """
SELECT f.dataset_id, f.source, f.kind, f.running, f.every, f.created_at, p.symbol, p.vendor_symbol,
       sum(p.calls)::bigint AS calls, sum(p.records)::bigint AS records, max(p.succeeded_at) AS succeeded_at,
       min(p.due_at) AS due_at, max(p.failed_at) AS failed_at,
       (array_agg(p.problem ORDER BY p.failed_at DESC NULLS LAST))[1] AS problem
FROM feeds f JOIN feed_pulls p USING (dataset_id, source, kind)
WHERE f.dataset_id = $1 AND ($2 = '' OR f.source = $2) AND ($3 = 0 OR f.kind = $3)
GROUP BY f.dataset_id, f.source, f.kind, p.symbol, p.vendor_symbol
ORDER BY f.source, f.kind, p.symbol
"""
CLAIM = """
UPDATE feed_pulls AS p SET lease = gen_random_uuid(), leased_until = $3
FROM feeds f
WHERE f.dataset_id = p.dataset_id AND f.source = p.source AND f.kind = p.kind
  AND (p.dataset_id, p.source, p.kind, p.symbol, p.part) IN (
    SELECT d.dataset_id, d.source, d.kind, d.symbol, d.part
    FROM feed_pulls d JOIN feeds r USING (dataset_id, source, kind)
    WHERE r.running AND d.source = $1 AND d.due_at <= $2 AND d.leased_until <= $2
    ORDER BY d.due_at LIMIT $4 FOR UPDATE OF d SKIP LOCKED
  )
RETURNING p.dataset_id, p.source, p.kind, p.symbol, p.vendor_symbol, p.part, p.cursor, p.etag, p.failures, p.lease,
          f.every, f.user_id, f.tenant_id
"""
_END = "UPDATE feed_pulls SET lease = NULL, leased_until = '-infinity', due_at = $7, calls = calls + $8"
_MINE = " WHERE dataset_id = $1 AND source = $2 AND kind = $3 AND symbol = $4 AND part = $5 AND lease = $6"
_WELL = ", cursor = $9, etag = $10, records = records + $11, succeeded_at = $12"
POSTPONE = _END + _MINE
SUCCEED = _END + _WELL + ", failures = 0, problem = 0, failed_at = NULL" + _MINE
FAIL = _END + ", problem = $9, failed_at = $10, failures = $11" + _MINE

ALLOWANCE = "source, day, calls, next_at, failures, waits, problem, blocked_until, skew"
BEGIN_ALLOWANCE = "INSERT INTO allowances VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING"
LOCK_ALLOWANCE = f"SELECT {ALLOWANCE} FROM allowances WHERE source = $1 FOR UPDATE"  # noqa: S608
KEEP_ALLOWANCE = """
UPDATE allowances SET day = $2, calls = $3, next_at = $4, failures = $5, waits = $6, problem = $7, blocked_until = $8,
    skew = $9
WHERE source = $1
"""
ALLOWANCES = f"SELECT {ALLOWANCE} FROM allowances"  # noqa: S608


@dataclass(frozen=True, slots=True)
class PostgresFeeds:
    """The port Feeds."""

    pool: Pool

    async def start(
        self, caller: Caller, feed: FeedName, targets: Sequence[Target], every: timedelta, now: datetime
    ) -> Feed:
        """One transaction, in which the dataset is held against its deletion."""
        name = (feed.dataset_id, feed.source, feed.kind.value)
        symbols, theirs = [each.symbol for each in targets], [each.vendor_symbol for each in targets]
        async with self.pool.acquire() as db, db.transaction():
            await enter(db, reach_of(caller))
            await require_present(db, caller.user_id)
            if not await db.fetch(HOLD_DATASETS, [feed.dataset_id]):
                raise DatasetNotFound(feed.dataset_id)
            await db.execute(START, *name, caller.tenant_id, caller.user_id, every, now)
            await db.execute(DROP_TARGETS, *name, symbols)
            await db.execute(ADD_TARGETS, *name, symbols, theirs, list(ASKING[feed.kind].parts), now, every)
            [started] = _feeds(await db.fetch(FEEDS, *name))
        return started

    async def stop(self, feed: FeedName) -> Feed | None:
        """Two statements; what is under way keeps its lease."""
        name = (feed.dataset_id, feed.source, feed.kind.value)
        await self.pool.execute(STOP, *name)
        return next(iter(_feeds(await self.pool.fetch(FEEDS, *name))), None)

    async def of_dataset(self, dataset: Dataset) -> list[Feed]:
        """One statement."""
        return _feeds(await self.pool.fetch(FEEDS, dataset.id, "", 0))

    async def claim(self, source: str, now: datetime, until: datetime, limit: int) -> list[Pull]:
        """One statement; what another replica just claims is passed over."""
        return [_pull(row) for row in await self.pool.fetch(CLAIM, source, now, until, limit)]

    async def keep(self, pull: Pull, told: Told) -> None:
        """One statement, under the lease."""
        feed, target = pull.feed, pull.target
        mine = (feed.dataset_id, feed.source, feed.kind.value, target.symbol, pull.part, pull.lease)
        given = (*mine, told.due_at, told.calls)
        if told.at is None:
            await self.pool.execute(POSTPONE, *given)
        elif told.problem:
            await self.pool.execute(FAIL, *given, told.problem.value, told.at, told.failures)
        else:
            cursor = dict(told.cursor or {})
            await self.pool.execute(SUCCEED, *given, cursor, told.etag, told.records, told.at)


@dataclass(frozen=True, slots=True)
class PostgresAllowances:
    """The port Allowances."""

    pool: Pool

    async def change(self, source: str, change: Callable[[Allowance], Allowance]) -> Allowance:
        """One row, locked while it changes."""
        async with self.pool.acquire() as db, db.transaction():
            row = await db.fetchrow(LOCK_ALLOWANCE, source)
            if row is None:
                await db.execute(BEGIN_ALLOWANCE, source, *_columns(Allowance()))
                row = await db.fetchrow(LOCK_ALLOWANCE, source)
            before = _allowance(row)
            after = change(before)
            if after != before:
                await db.execute(KEEP_ALLOWANCE, source, *_columns(after))
        return after

    async def all(self) -> Mapping[str, Allowance]:
        """One statement."""
        return {row["source"]: _allowance(row) for row in await self.pool.fetch(ALLOWANCES)}


def _columns(of: Allowance) -> tuple[Any, ...]:
    waits = (of.failures, of.waits, of.problem.value, of.blocked_until, of.skew)
    return (of.day, of.calls, of.next_at, *waits)


def _allowance(row: Any) -> Allowance:
    _, day, calls, next_at, failures, waits, problem, blocked_until, skew = row
    return Allowance(day, calls, next_at, failures, waits, Problem(problem), blocked_until, skew)


def _pull(row: Any) -> Pull:
    return Pull(
        feed=FeedName(str(row["dataset_id"]), row["source"], Kind(row["kind"])),
        owner=Caller(str(row["user_id"]), str(row["tenant_id"])),
        target=Target(row["symbol"], row["vendor_symbol"]),
        part=row["part"],
        every=row["every"],
        cursor=row["cursor"],
        etag=row["etag"],
        failures=row["failures"],
        lease=str(row["lease"]),
    )


def _feeds(rows: Sequence[Any]) -> list[Feed]:
    return [_feed(list(of_feed)) for _, of_feed in groupby(rows, key=lambda row: (row["source"], row["kind"]))]


def _feed(rows: Sequence[Any]) -> Feed:
    first = rows[0]
    name = FeedName(str(first["dataset_id"]), first["source"], Kind(first["kind"]))
    return Feed(name, first["running"], first["every"], first["created_at"], [_status(row) for row in rows])


def _status(row: Any) -> TargetStatus:
    return TargetStatus(
        target=Target(row["symbol"], row["vendor_symbol"]),
        calls=row["calls"],
        records=row["records"],
        succeeded_at=row["succeeded_at"],
        due_at=row["due_at"],
        problem=Problem(row["problem"]),
        failed_at=row["failed_at"],
    )
