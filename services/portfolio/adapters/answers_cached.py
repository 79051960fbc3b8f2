"""GetPortfolio's answers through the caches, each as new as the row: see chassis.cache."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from qpo.portfolio.v1 import portfolio_pb2

from chassis.bus import Bus
from chassis.cache import Cached, Entry, Layers, Reader, Stamp, follow
from chassis.reach import reach_of
from services.portfolio.adapters import sql
from services.portfolio.adapters.events_outbox import TOPIC
from services.portfolio.adapters.rows import portfolio_of
from services.portfolio.app.ports import Reach
from services.portfolio.domain.portfolio import Portfolio
from services.portfolio.wire.answers import to_answer

if TYPE_CHECKING:
    from chassis.postgres import Pool

PREFIX = "portfolio:"
CONTRACT: bytes = portfolio_pb2.DESCRIPTOR.serialized_pb


class CachedAnswers:
    """The port Answers on layers before PostgreSQL. Who may see a portfolio is looked up with every answer."""

    def __init__(self, pool: Pool, layers: Layers) -> None:
        self._cached = Cached(PREFIX, _Rows(pool), layers)

    async def get(self, reach: Reach, portfolio_id: str) -> bytes | None:
        """The present answer; None if the portfolio is not within reach."""
        # As PostgreSQL writes it: capitals are allowed in the contract.
        return await self._cached.get(portfolio_id.lower(), reach)

    async def follow(self, bus: Bus) -> None:
        """Forget what events say is outdated, until cancelled."""
        await follow(bus, TOPIC, self._cached)


class _Rows:
    """Portfolios as sources of answers."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def stamps(self, ids: Sequence[str], readers: Collection[Reader]) -> Mapping[str, Stamp]:
        """Versions and owners, by the primary key."""
        rows = await self._pool.fetch(sql.STAMPS, ids, reach_of(*readers))
        return {id: Stamp(version, tenant, user) for id, version, tenant, user in rows}

    async def entries(self, ids: Sequence[str], readers: Collection[Reader]) -> Mapping[str, Entry]:
        """Portfolios with their holdings, encoded."""
        rows = await self._pool.fetch(sql.READ_ALL, ids, reach_of(*readers))
        return {each.id: _entry(each) for each in map(portfolio_of, rows)}


def _entry(portfolio: Portfolio) -> Entry:
    stamp = Stamp(portfolio.version, portfolio.tenant_id, portfolio.user_id)
    return Entry(stamp, to_answer(portfolio))
