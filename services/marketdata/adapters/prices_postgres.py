"""Uploads into PostgreSQL: one binary COPY into a temporary table, then a merge by sets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chassis.departed import require_present
from chassis.outbox import append
from chassis.reach import enter
from services.marketdata.adapters.copy_binary import EPOCH, FLOAT8, INT4, encoded, pieces
from services.marketdata.adapters.datasets_postgres import BY_ID, BY_NAME, dataset_of
from services.marketdata.adapters.events_outbox import imported
from services.marketdata.adapters.merge_sql import (
    ADD_INSTRUMENTS,
    ADD_LISTINGS,
    COUNT_SESSIONS,
    INSERT_FRESH,
    KNOWN_NOW,
    LISTED,
    LOCK_BY_ID,
    LOCK_BY_NAME,
    MAKE_DATASET,
    SELECT_FRESH,
    STAGE,
    SUPERSEDE,
)
from services.marketdata.adapters.reach import reach_of
from services.marketdata.app.ports import Delivery, Ids, Stored
from services.marketdata.domain.dataset import is_id
from services.marketdata.domain.errors import CurrencyMismatch, DatasetNotFound, NotOwner
from services.marketdata.domain.prices import Prices

if TYPE_CHECKING:
    import asyncpg

    from chassis.postgres import Pool

    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

FIELDS = [("symbol", INT4), ("session", INT4)] + [
    (name, FLOAT8) for name in ("open", "high", "low", "close", "adjusted_close", "volume")
]

MANY = 20_000  # bars: so many change what a query's plan should be


@dataclass(frozen=True, slots=True)
class PostgresPrices:
    """Stores uploads; `committed` follows every commit that told something."""

    pool: Pool
    ids: Ids
    committed: Callable[[], None] = lambda: None

    async def store(self, delivery: Delivery, *, keep: bool) -> Stored:
        """Store the bars in one transaction, making the dataset and instruments that do not exist.

        Raises DatasetNotFound for an id, NotOwner, CurrencyMismatch. With keep = False nothing remains.
        """
        async with self.pool.acquire() as db:
            async with _transaction(db, keep=keep):
                stored = await self._merged(db, delivery)
            if keep and stored.bars >= MANY:
                await db.execute("ANALYZE bars, listings, instruments")
        self.committed()
        return stored

    async def _merged(self, db: Connection, delivery: Delivery) -> Stored:
        await enter(db, reach_of(delivery.caller))
        dataset_id, tenant_id = await self._locked(db, delivery), delivery.caller.tenant_id
        known_at = await db.fetchval(KNOWN_NOW, dataset_id, delivery.now)
        ids, created = await self._instruments(db, delivery, dataset_id)
        await _stage(db, delivery.prices)
        await db.execute(SELECT_FRESH, ids)
        corrected = _count(await db.execute(SUPERSEDE, known_at))
        fresh = _count(await db.execute(INSERT_FRESH, tenant_id, dataset_id, known_at))
        await db.execute(COUNT_SESSIONS, ids)
        stored = Stored(fresh, corrected, len(delivery.prices) - fresh, created)
        if fresh:
            dataset = dataset_of(await db.fetchrow(BY_ID, tenant_id, dataset_id))
            await append(db, imported(dataset, stored, known_at))
        return stored

    async def _locked(self, db: Connection, delivery: Delivery) -> str:
        """Find or make the dataset, and hold its row: uploads into one dataset come one after the other."""
        named, caller = delivery.dataset, delivery.caller
        await require_present(db, caller.user_id)
        if not is_id(named):
            whose = (caller.tenant_id, caller.user_id)
            await db.execute(MAKE_DATASET, self.ids.new(), *whose, named, delivery.visibility.value, delivery.now)
        row = await db.fetchrow(LOCK_BY_ID if is_id(named) else LOCK_BY_NAME, named, caller.tenant_id)
        if row is None:
            # Nobody locks what is another's: row-level security lets the owner alone.
            seen = await db.fetchrow(BY_ID if is_id(named) else BY_NAME, caller.tenant_id, named)
            raise DatasetNotFound(named) if seen is None else NotOwner(named)
        return str(row["id"])

    async def _instruments(self, db: Connection, delivery: Delivery, dataset_id: str) -> tuple[list[str], int]:
        """Return the instruments' ids in the symbols' order, and how many were made."""
        symbols, currency = delivery.prices.symbols, delivery.currency
        listed = {row["symbol"]: row for row in await db.fetch(LISTED, dataset_id, list(symbols))}
        other = [symbol for symbol, row in listed.items() if row["currency"] != currency]
        if other:
            raise CurrencyMismatch(currency, other)
        made = {symbol: self.ids.new() for symbol in symbols if symbol not in listed}
        if made:
            ids, tenant_id = list(made.values()), delivery.caller.tenant_id
            await db.execute(ADD_INSTRUMENTS, ids, tenant_id, dataset_id, currency)
            await db.execute(ADD_LISTINGS, ids, list(made), tenant_id, dataset_id)
        return [made[symbol] if symbol in made else str(listed[symbol]["id"]) for symbol in symbols], len(made)


@asynccontextmanager
async def _transaction(db: Connection, *, keep: bool) -> AsyncIterator[None]:
    transaction = db.transaction()
    await transaction.start()
    try:
        yield
    except BaseException:
        await transaction.rollback()
        raise
    await (transaction.commit() if keep else transaction.rollback())


async def _stage(db: Connection, prices: Prices) -> None:
    await db.execute(STAGE)
    columns: dict[str, Any] = {"symbol": prices.symbol, "session": prices.session - EPOCH}
    columns |= {name: prices.values[:, at] for at, (name, _) in enumerate(FIELDS[2:])}
    data = encoded(FIELDS, columns, len(prices))
    names = [name for name, _ in FIELDS]
    await db.copy_to_table("stage", schema_name="pg_temp", columns=names, source=pieces(data), format="binary")
    await db.execute("ANALYZE pg_temp.stage")


def _count(tag: str) -> int:
    """The number of rows in a command's tag, e.g. `INSERT 0 42`."""
    return int(tag.rpartition(" ")[2])
