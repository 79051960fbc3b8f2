"""GetPortfolio's answers through the caches, each as new as the row (see chassis.cache), and sealed."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from qpo.portfolio.v1 import portfolio_pb2

from chassis.bus import Bus
from chassis.cache import Cached, Entry, Layers, Reader, Stamp, follow
from chassis.reach import reach_of
from chassis.vault import Place
from services.portfolio.adapters import sql
from services.portfolio.adapters.details_sealed import SealedDetails
from services.portfolio.adapters.events_outbox import TOPIC
from services.portfolio.adapters.portfolios_postgres import PostgresPortfolios
from services.portfolio.app.ports import Reach
from services.portfolio.domain.portfolio import Portfolio
from services.portfolio.wire.answers import to_answer

if TYPE_CHECKING:
    from chassis.postgres import Pool

PREFIX = "portfolio:"
CONTRACT: bytes = portfolio_pb2.DESCRIPTOR.serialized_pb + b", sealed"


class CachedAnswers:
    """The port Answers on layers before PostgreSQL. Who may see a portfolio is looked up with every answer.

    Whoever has clients is read for alone, past the layers: what ends with a link, or without an event, lies in none.
    """

    def __init__(self, pool: Pool, details: SealedDetails, layers: Layers) -> None:
        self._details = details
        self._portfolios = PostgresPortfolios(pool, details)
        self._cached = Cached(PREFIX, _Rows(pool, details), layers)

    async def get(self, reach: Reach, portfolio_id: str) -> bytes | None:
        """The present answer; None if the portfolio is not within reach."""
        if reach.clients:
            portfolio = await self._portfolios.get(reach, portfolio_id)
            return None if portfolio is None else to_answer(portfolio)
        # As PostgreSQL writes it: capitals are allowed in the contract.
        portfolio_id = portfolio_id.lower()
        body = await self._cached.get(portfolio_id, reach)
        return None if body is None else await self._details.unpack(_place(portfolio_id), body)

    async def follow(self, bus: Bus) -> None:
        """Forget what events say is outdated, until cancelled."""
        await follow(bus, TOPIC, self._cached)


class _Rows:
    """Portfolios as sources of answers."""

    def __init__(self, pool: Pool, details: SealedDetails) -> None:
        self._pool = pool
        self._details = details

    async def stamps(self, ids: Sequence[str], readers: Collection[Reader]) -> Mapping[str, Stamp]:
        """Versions and owners, by the primary key."""
        rows = await self._pool.fetch(sql.STAMPS, ids, reach_of(*readers))
        return {id: Stamp(version, tenant, user) for id, version, tenant, user in rows}

    async def entries(self, ids: Sequence[str], readers: Collection[Reader]) -> Mapping[str, Entry]:
        """Portfolios with their holdings, encoded and sealed."""
        rows = await self._pool.fetch(sql.READ_ALL, ids, reach_of(*readers))
        portfolios = await self._details.portfolios(rows)
        entries = await asyncio.gather(*map(self._entry, portfolios))
        return {each.id: entry for each, entry in zip(portfolios, entries, strict=True)}

    async def _entry(self, portfolio: Portfolio) -> Entry:
        stamp = Stamp(portfolio.version, portfolio.tenant_id, portfolio.user_id)
        return Entry(stamp, await self._details.pack(portfolio.tenant_id, _place(portfolio.id), to_answer(portfolio)))


def _place(portfolio_id: str) -> Place:
    return Place("portfolio", "GetPortfolio", portfolio_id)
