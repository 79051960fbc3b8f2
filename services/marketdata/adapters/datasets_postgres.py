"""Datasets and instruments in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chassis.reach import alone
from services.marketdata.adapters.reach import reach_of
from services.marketdata.app.ports import Member
from services.marketdata.domain.dataset import Caller, Dataset, Instrument, Visibility, is_id

if TYPE_CHECKING:
    from chassis.postgres import Pool

DATASETS = """
SELECT d.id, d.name, d.user_id, d.tenant_id, d.visibility, d.created_at, i.count, i.first, i.last,
       CASE WHEN isfinite(d.knowledge_time) THEN (extract(epoch FROM d.knowledge_time) * 1000000)::int8 ELSE 0 END
FROM datasets d CROSS JOIN LATERAL (
    SELECT count(*)::int4, min(first_session) AS first, max(last_session) AS last
    FROM instruments WHERE dataset_id = d.id
) i
"""
BY_NAME = DATASETS + "WHERE d.tenant_id = $1 AND d.name = $2"
BY_ID = DATASETS + "WHERE d.id = $2 AND (d.tenant_id = $1 OR d.visibility = 2)"
FIND_BY_NAME, FIND_BY_ID = (f"{each} AND {alone(3)}" for each in (BY_NAME, BY_ID))
READABLE = DATASETS + f"WHERE (d.tenant_id = $1 OR d.visibility = 2) AND {alone(3)}"
PAGE = " ORDER BY d.name, d.id LIMIT $2"
PAGE_BEHIND = " AND (d.name, d.id) > ($4, $5::uuid)" + PAGE

LISTED_NOW = """
SELECT i.id, l.symbol, l.mic, i.sector, i.country, i.currency, i.lot_size, i.average_daily_volume,
       i.first_session, i.last_session, i.sessions, i.name
FROM listings l JOIN instruments i ON i.id = l.instrument_id
WHERE l.dataset_id = $1 AND l.valid_to IS NULL
"""
INSTRUMENTS = LISTED_NOW + "AND l.symbol > $2 ORDER BY l.symbol LIMIT $3"
THESE_INSTRUMENTS = LISTED_NOW + "AND l.symbol > $2 AND l.symbol = ANY($4::text[]) ORDER BY l.symbol LIMIT $3"
MEMBERS = """
SELECT i.id, l.symbol, i.first_session
FROM listings l JOIN instruments i ON i.id = l.instrument_id
WHERE l.dataset_id = $1 AND l.valid_to IS NULL
"""
NAMED = MEMBERS + "AND l.symbol = ANY($2::text[]) ORDER BY array_position($2::text[], l.symbol)"
ALL = MEMBERS + "ORDER BY l.symbol"


@dataclass(frozen=True, slots=True)
class PostgresDatasets:
    """Reads datasets; what a caller may not see is not found."""

    pool: Pool

    async def find(self, caller: Caller, dataset: str) -> Dataset | None:
        """Return the dataset of this id, or of this name in the caller's tenant, if the caller may see it."""
        find = FIND_BY_ID if is_id(dataset) else FIND_BY_NAME
        row = await self.pool.fetchrow(find, caller.tenant_id, dataset, reach_of(caller))
        return None if row is None else dataset_of(row)

    async def page(self, caller: Caller, after: Sequence[str], limit: int) -> list[Dataset]:
        """Return up to `limit` datasets that the caller may read behind (name, id), by name, then id."""
        sql = READABLE + (PAGE_BEHIND if after else PAGE)
        asked = (caller.tenant_id, limit, reach_of(caller), *after)
        return [dataset_of(row) for row in await self.pool.fetch(sql, *asked)]

    async def instruments(self, dataset: Dataset, symbols: Sequence[str], after: str, limit: int) -> list[Instrument]:
        """Return up to `limit` instruments behind the symbol `after`, by symbol; only these, if some are named."""
        given = (dataset.id, after, limit)
        named = self.pool.fetch(THESE_INSTRUMENTS, *given, list(symbols)) if symbols else None
        return [instrument_of(row) for row in await (named or self.pool.fetch(INSTRUMENTS, *given))]

    async def members(self, dataset: Dataset, symbols: Sequence[str]) -> list[Member]:
        """Return the dataset's instruments of these symbols, in their order; all by symbol if there are none."""
        named = self.pool.fetch(NAMED, dataset.id, list(symbols)) if symbols else self.pool.fetch(ALL, dataset.id)
        return [Member(str(row["id"]), row["symbol"], row["first_session"]) for row in await named]


def dataset_of(row: Any) -> Dataset:
    """A row of DATASETS."""
    identity, name, user_id, tenant_id, visibility, created_at, count, first, last, revision = row
    whose = (str(user_id), str(tenant_id), Visibility(visibility))
    return Dataset(str(identity), name, *whose, created_at, count, first, last, revision)


def instrument_of(row: Any) -> Instrument:
    """A row of LISTED_NOW."""
    identity, *rest = row
    return Instrument(str(identity), *rest)
