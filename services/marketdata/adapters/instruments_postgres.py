"""What is known of instruments, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chassis.departed import require_present
from chassis.outbox import append
from chassis.reach import enter
from services.marketdata.adapters.datasets_postgres import BY_ID, LISTED_NOW, dataset_of, instrument_of
from services.marketdata.adapters.events_outbox import updated
from services.marketdata.adapters.merge_sql import KNOWN_NOW, LISTED, LOCK_BY_ID
from services.marketdata.adapters.reach import reach_of
from services.marketdata.app.ports import Amendment
from services.marketdata.domain.dataset import Instrument
from services.marketdata.domain.errors import DatasetNotFound, InstrumentNotFound

if TYPE_CHECKING:
    from chassis.postgres import Pool

# NULL leaves a column as it is; a row that is so already is left alone, and told nobody.
UPDATE = """
UPDATE instruments i
SET sector = coalesce(u.sector, i.sector), country = coalesce(u.country, i.country),
    currency = coalesce(u.currency, i.currency), lot_size = coalesce(u.lot_size, i.lot_size),
    name = coalesce(u.name, i.name)
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int4[],
            $7::text[]) AS u (id, symbol, sector, country, currency, lot_size, name)
WHERE i.id = u.id
  AND (coalesce(u.sector, i.sector), coalesce(u.country, i.country), coalesce(u.currency, i.currency),
       coalesce(u.lot_size, i.lot_size), coalesce(u.name, i.name))
      IS DISTINCT FROM (i.sector, i.country, i.currency, i.lot_size, i.name)
RETURNING u.symbol
"""
MOVE = """
UPDATE listings l SET mic = u.mic FROM unnest($1::uuid[], $2::text[]) AS u (id, mic)
WHERE l.instrument_id = u.id AND l.valid_to IS NULL AND l.mic <> u.mic RETURNING l.symbol
"""
AFTER = LISTED_NOW + "AND l.symbol = ANY($2::text[])"


@dataclass(frozen=True, slots=True)
class PostgresInstruments:
    """The port InstrumentStore; `committed` follows every commit that told something."""

    pool: Pool
    committed: Callable[[], None] = lambda: None

    async def update(self, amendment: Amendment) -> list[Instrument]:
        """Update in one transaction, under the dataset's lock as uploads are.

        Raises InstrumentNotFound, DatasetNotFound if the dataset has gone meanwhile, Unauthenticated if the caller has.
        """
        dataset, tenant_id = amendment.dataset, amendment.caller.tenant_id
        symbols = [update.symbol for update in amendment.updates]
        async with self.pool.acquire() as db, db.transaction():
            await enter(db, reach_of(amendment.caller))
            await require_present(db, amendment.caller.user_id)
            if await db.fetchrow(LOCK_BY_ID, dataset.id, tenant_id) is None:
                raise DatasetNotFound(dataset.name)
            listed = {row["symbol"]: row["id"] for row in await db.fetch(LISTED, dataset.id, symbols)}
            missing = [symbol for symbol in symbols if symbol not in listed]
            if missing:
                raise InstrumentNotFound(missing)
            ids = [listed[symbol] for symbol in symbols]
            changed = await db.fetch(UPDATE, ids, *_columns(amendment))
            changed += await db.fetch(MOVE, ids, [update.mic for update in amendment.updates])
            if changed:
                known_at = await db.fetchval(KNOWN_NOW, dataset.id, amendment.now)
                moved = dataset_of(await db.fetchrow(BY_ID, tenant_id, dataset.id))
                await append(db, updated(moved, sorted({row["symbol"] for row in changed}), known_at))
            after_it = {row["symbol"]: instrument_of(row) for row in await db.fetch(AFTER, dataset.id, symbols)}
        self.committed()
        return [after_it[symbol] for symbol in symbols]


def _columns(amendment: Amendment) -> list[list[object]]:
    fields = ("symbol", "sector", "country", "currency", "lot_size", "name")
    return [[getattr(update, field) for update in amendment.updates] for field in fields]
