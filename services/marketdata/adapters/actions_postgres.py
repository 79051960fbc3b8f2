"""Splits and dividends, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from chassis.departed import require_present
from chassis.outbox import append
from chassis.reach import enter
from services.marketdata.adapters.datasets_postgres import BY_ID, dataset_of
from services.marketdata.adapters.events_outbox import updated
from services.marketdata.adapters.merge_sql import KNOWN_NOW, LISTED, LOCK_BY_ID
from services.marketdata.adapters.reach import reach_of
from services.marketdata.domain.actions import Action, Effect
from services.marketdata.domain.dataset import Caller, Dataset
from services.marketdata.domain.errors import DatasetNotFound, InstrumentNotFound

if TYPE_CHECKING:
    from chassis.postgres import Pool

# $1 instruments, $2 ex-dates, $3 ratios, $4 dividends: what differs from what is known. That nothing happened, where
# nothing is known to have happened, is no news.
FRESH = """
SELECT g.place::integer - 1 FROM unnest($1::uuid[], $2::date[], $3::numeric(28, 8)[], $4::numeric(28, 8)[])
     WITH ORDINALITY AS g (instrument_id, ex_date, split_ratio, dividend, place)
LEFT JOIN corporate_actions a
     ON a.instrument_id = g.instrument_id AND a.ex_date = g.ex_date AND a.superseded_at = 'infinity'
WHERE (coalesce(a.split_ratio, 1), coalesce(a.dividend, 0)) IS DISTINCT FROM (g.split_ratio, g.dividend)
"""
SUPERSEDE = """
UPDATE corporate_actions a SET superseded_at = $3
FROM unnest($1::uuid[], $2::date[]) AS g (instrument_id, ex_date)
WHERE a.instrument_id = g.instrument_id AND a.ex_date = g.ex_date AND a.superseded_at = 'infinity'
"""
INSERT = """
INSERT INTO corporate_actions (dataset_id, instrument_id, ex_date, split_ratio, dividend, knowledge_time)
SELECT $5, g.*, $6 FROM unnest($1::uuid[], $2::date[], $3::numeric(28, 8)[], $4::numeric(28, 8)[]) AS g
"""
ACTION = "l.symbol, a.ex_date, a.split_ratio, a.dividend, a.knowledge_time"
# A version counts at a time ($2) if it was known then and not yet superseded.
KNOWN = """
FROM corporate_actions a
JOIN listings l ON l.dataset_id = a.dataset_id AND l.instrument_id = a.instrument_id AND l.valid_to IS NULL
WHERE a.dataset_id = $1 AND a.knowledge_time <= $2 AND a.superseded_at > $2
  AND (a.split_ratio, a.dividend) IS DISTINCT FROM (1::numeric, 0::numeric)
"""
PAGE = f"""
SELECT {ACTION} {KNOWN}
  AND (cardinality($3::text[]) = 0 OR l.symbol = ANY ($3::text[])) AND (l.symbol, a.ex_date) > ($4, $5)
ORDER BY l.symbol, a.ex_date LIMIT $6
"""
EFFECTS = f"""
SELECT {ACTION}, (
    SELECT b.close FROM bars b
    WHERE b.instrument_id = a.instrument_id AND b.session < a.ex_date
      AND b.knowledge_time <= $2 AND (b.superseded_at IS NULL OR b.superseded_at > $2)
    ORDER BY b.session DESC LIMIT 1
) AS close_before {KNOWN}
  AND l.symbol = ANY ($3::text[]) AND a.ex_date > $4
"""  # noqa: S608

_NOW = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)  # later than anything is known, earlier than `infinity`


@dataclass(frozen=True, slots=True)
class PostgresActions:
    """The port Actions; `committed` follows every commit that told something."""

    pool: Pool
    committed: Callable[[], None] = lambda: None

    async def update(self, caller: Caller, dataset: Dataset, actions: Sequence[Action], now: datetime) -> list[Action]:
        """One transaction, under the dataset's lock as uploads are."""
        symbols = [action.symbol for action in actions]
        async with self.pool.acquire() as db, db.transaction():
            await enter(db, reach_of(caller))
            await require_present(db, caller.user_id)
            if await db.fetchrow(LOCK_BY_ID, dataset.id, caller.tenant_id) is None:
                raise DatasetNotFound(dataset.name)
            listed = {row["symbol"]: row["id"] for row in await db.fetch(LISTED, dataset.id, symbols)}
            missing = [symbol for symbol in dict.fromkeys(symbols) if symbol not in listed]
            if missing:
                raise InstrumentNotFound(missing)
            columns = [[listed[symbol] for symbol in symbols], [action.ex_date for action in actions]]
            columns += [[action.split for action in actions], [action.dividend for action in actions]]
            fresh = [row[0] for row in await db.fetch(FRESH, *columns)]
            if fresh:
                known_at = await db.fetchval(KNOWN_NOW, dataset.id, now)
                columns = [[column[at] for at in fresh] for column in columns]
                await db.execute(SUPERSEDE, *columns[:2], known_at)
                await db.execute(INSERT, *columns, dataset.id, known_at)
                moved = dataset_of(await db.fetchrow(BY_ID, caller.tenant_id, dataset.id))
                await append(db, updated(moved, sorted({symbols[at] for at in fresh}), known_at))
            rows = await db.fetch(PAGE, dataset.id, _NOW, symbols, "", date.min, 2**31)
        self.committed()
        known = {(action.symbol, action.ex_date): action for action in (Action(*row) for row in rows)}
        return [known.get((action.symbol, action.ex_date), action) for action in actions]

    async def page(
        self, dataset: Dataset, symbols: Sequence[str], as_of: datetime | None, after: Sequence[str], limit: int
    ) -> list[Action]:
        """One statement."""
        symbol, ex_date = (after[0], date.fromisoformat(after[1])) if after else ("", date.min)
        rows = await self.pool.fetch(PAGE, dataset.id, as_of or _NOW, list(symbols), symbol, ex_date, limit)
        return [Action(*row) for row in rows]

    async def effects(
        self, dataset: Dataset, symbols: Sequence[str], since: date, as_of: datetime | None
    ) -> list[Effect]:
        """One statement."""
        rows = await self.pool.fetch(EFFECTS, dataset.id, as_of or _NOW, list(symbols), since)
        return [Effect(Action(*action), close_before) for *action, close_before in rows]
