"""Portfolios in PostgreSQL.

Every read carries the caller's reach in its own WHERE: another's portfolio is never fetched, let alone filtered later.
Behind it stands row-level security, to which every transaction and every statement by itself says whom it works for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from chassis.departed import depart, require_inserted, require_present
from chassis.idempotency import forget
from chassis.outbox import append, silence
from chassis.patience import raise_if_cancelled
from chassis.postgres import AWAY
from chassis.reach import SYSTEM, enter, reach_of
from services.portfolio.adapters import sql
from services.portfolio.adapters.details_sealed import SealedDetails
from services.portfolio.adapters.events_outbox import event_of
from services.portfolio.adapters.reach import stated
from services.portfolio.adapters.requests_postgres import answered, remember, replayed
from services.portfolio.adapters.rows import holding_columns, portfolio_values
from services.portfolio.app.ports import Link, Once, Past, Place, Reach
from services.portfolio.domain.errors import PeerUnavailable
from services.portfolio.domain.events import Happening
from services.portfolio.domain.portfolio import Portfolio

if TYPE_CHECKING:
    import asyncpg

    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]


class PostgresPortfolios:
    """The port Portfolios on a pool whose search_path is the schema `portfolio`; `committed` follows every commit."""

    def __init__(self, pool: Pool, details: SealedDetails, committed: Callable[[], None] = lambda: None) -> None:
        self._pool = pool
        self._details = details
        self._committed = committed

    async def get(self, reach: Reach, portfolio_id: str) -> Portfolio | None:
        """One round trip: the row with its holdings in arrays."""
        read = sql.READ_CLIENTS if reach.clients else sql.READ_ALONE
        row = await self._pool.fetchrow(read, portfolio_id, *_who(reach), stated(reach))
        return await self._details.portfolio(row)

    async def page(self, reach: Reach, limit: int, after: Place | None, owner_id: str = "") -> Sequence[Portfolio]:
        """A keyset page."""
        created_at, portfolio_id = after or (None, None)
        asked = (*_who(reach), created_at, portfolio_id, limit)
        if owner_id:
            page = sql.PAGE_OF_CLIENT if reach.clients else sql.PAGE_OF
            rows = await self._pool.fetch(page, *asked, stated(reach), owner_id)
        else:
            rows = await self._pool.fetch(sql.PAGE, *asked, reach_of(reach))
        return await self._details.portfolios(rows)

    async def whole_page(self, owner: Reach, limit: int, after: Place | None) -> Sequence[Portfolio]:
        """A keyset page, with holdings in arrays."""
        asked = (owner.tenant_id, owner.user_id, *(after or (None, None)), limit)
        return await self._details.portfolios(await self._pool.fetch(sql.WHOLE_PAGE, *asked, stated(owner)))

    async def history(self, owner: Reach, behind: tuple[str, int] | None, limit: int) -> Sequence[Past]:
        """Rows of the outbox, which keeps them."""
        asked = (owner.user_id, owner.tenant_id, *(behind or ("", 0)), limit, SYSTEM)
        return [Past(*row) for row in await self._pool.fetch(sql.HISTORY, *asked)]

    async def require_present(self, user_id: str) -> None:
        """Looks for a tombstone."""
        async with self._pool.acquire() as connection:
            await require_present(connection, user_id)

    async def count(self) -> int:
        """All rows."""
        with _unavailable():
            return int(await self._pool.fetchval(sql.COUNT, SYSTEM))

    async def forget(self) -> int:
        """Old rows of `requests`."""
        with _unavailable():
            async with self._pool.acquire() as connection:
                return await forget(connection)

    async def answered(self, once: Once) -> bytes | None:
        """What is remembered, without a claim."""
        async with self._pool.acquire() as connection:
            return await answered(connection, self._details, once)

    @asynccontextmanager
    async def transaction(self, reach: Reach) -> AsyncIterator[PostgresTransaction]:
        """A transaction on one connection, within the reach."""
        async with self._pool.acquire() as connection, connection.transaction():
            await enter(connection, reach_of(reach))
            yield PostgresTransaction(connection, self._details)
        self._committed()


class PostgresTransaction:
    """The port Transaction on a connection inside a transaction."""

    def __init__(self, connection: Connection, details: SealedDetails) -> None:
        self._connection = connection
        self._details = details
        self._owner_tenant = ""  # of the portfolio that was locked

    async def replayed(self, once: Once) -> bytes | None:
        """The remembered answer, or a claim."""
        return await replayed(self._connection, self._details, once)

    async def remember(self, once: Once, answer: bytes) -> None:
        """Keep the answer, under the key of whoever it tells of: it is gone with them."""
        await remember(self._connection, self._details, once, answer, self._owner_tenant or once.tenant_id)

    async def lock(self, reach: Reach, portfolio_id: str) -> Portfolio | None:
        """Lock, then read: a read that waited for the lock would see the holdings of before the wait."""
        who = _who(await self._for_client(reach, portfolio_id) if reach.clients else reach)
        if await self._connection.fetchval(sql.LOCK, portfolio_id, *who) is None:
            return None
        found = await self._details.portfolio(await self._connection.fetchrow(sql.READ, portfolio_id, *who))
        self._owner_tenant = found.tenant_id if found else ""
        return found

    async def _for_client(self, reach: Reach, portfolio_id: str) -> Reach:
        """The client whose portfolio it is, if it is one's: from here on the transaction works for them too.

        So a link that ends meanwhile ends behind it, and none of its statements goes amiss for that.
        """
        row = await self._connection.fetchrow(sql.CLIENT, portfolio_id, reach.user_id, stated(reach))
        owner = reach if row is None else Reach(row["user_id"], row["tenant_id"])
        await enter(self._connection, reach_of(reach, owner))
        return owner

    async def insert(self, portfolio: Portfolio) -> None:
        """A new row, unless its owner has left: then there shall be no new key either."""
        await require_present(self._connection, portfolio.user_id)
        values = portfolio_values(portfolio, await self._details.seal(portfolio))
        require_inserted(await self._connection.execute(sql.INSERT, *values))

    async def write_mandate(self, portfolio: Portfolio) -> None:
        """Name, strategy, constraints."""
        written = (portfolio.updated_at, portfolio.version)
        sealed = await self._details.seal(portfolio)
        await self._connection.execute(sql.WRITE_MANDATE, portfolio.id, sealed.body, sealed.key_id, *written)

    async def write_positions(self, portfolio: Portfolio) -> None:
        """Cash, and all holdings anew."""
        written = (portfolio.updated_at, portfolio.version)
        await self._connection.execute(sql.WRITE_CASH, portfolio.id, portfolio.cash, portfolio.cash_weight, *written)
        await self._connection.execute(sql.DELETE_HOLDINGS, portfolio.id)
        columns = holding_columns(portfolio.holdings)
        await self._connection.execute(sql.INSERT_HOLDINGS, portfolio.id, portfolio.tenant_id, *columns)

    async def delete(self, portfolio_id: str) -> None:
        """The row, and by cascade what belongs to it."""
        await self._connection.execute(sql.DELETE, portfolio_id)

    async def tell(self, happened: Happening) -> None:
        """An event in the outbox."""
        await append(self._connection, event_of(happened))

    async def depart(self, user_id: str) -> None:
        """A tombstone."""
        await depart(self._connection, user_id)

    async def lock_all(self, user_id: str) -> Sequence[Portfolio]:
        """Lock, then read, as above."""
        ids = await self._connection.fetch(sql.LOCK_ALL, user_id)
        rows = [await self._connection.fetchrow(sql.READ, row["id"], True, None, None) for row in ids]
        return await self._details.portfolios([row for row in rows if row is not None])

    async def link(self, link: Link) -> None:
        """A row, unless one of them has left."""
        await self._connection.execute(sql.LINK, link.advisor_id, link.client_id, link.valid_from, link.valid_until)

    async def unlink(self, advisor_id: str, client_id: str) -> None:
        """No row."""
        await self._connection.execute(sql.UNLINK, advisor_id, client_id)

    async def silence(self, user_id: str, portfolio_ids: Sequence[str]) -> None:
        """Empties rows of the outbox."""
        opened = [row["key"] for row in await self._connection.fetch(sql.OPENED, user_id)]
        await silence(self._connection, [*portfolio_ids, *opened])

    async def unlink_all(self, user_id: str) -> None:
        """No row that names the user."""
        await self._connection.execute(sql.UNLINK_ALL, user_id)

    async def shred(self, tenant_id: str) -> None:
        """The rows of the keys."""
        if not await self._connection.fetchval(sql.IS_TENANT, tenant_id):
            await self._details.vault.destroy(self._connection, tenant_id)


@contextmanager
def _unavailable() -> Iterator[None]:
    """Whatever keeps the upkeep from its rows is the store's failure, and no reason to end the process."""
    try:
        yield
    except AWAY as error:
        raise_if_cancelled(error)
        raise PeerUnavailable("PostgreSQL") from error


def _who(reach: Reach) -> tuple[Any, ...]:
    return reach.everyone, reach.tenant_id, reach.user_id
