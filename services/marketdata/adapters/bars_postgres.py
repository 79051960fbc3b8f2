"""Reads prices from PostgreSQL. Big reads come as binary COPY and become numpy arrays without a row in Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from services.marketdata.adapters import bars_sql as sql
from services.marketdata.adapters.copy_binary import EPOCH, FLOAT8, INT4, decoded
from services.marketdata.app.ports import BarQuery, Member
from services.marketdata.domain.dataset import Bar, Close
from services.marketdata.domain.prices import IntArray
from services.marketdata.domain.returns import Closes

if TYPE_CHECKING:
    from chassis.postgres import Pool

CLOSES = [("symbol", INT4), ("session", INT4), ("price", FLOAT8)]
SESSIONS = [("session", INT4)]


@dataclass(frozen=True, slots=True)
class PostgresBars:
    """Reads prices as they were known at a time; None is now."""

    pool: Pool

    async def page(self, query: BarQuery, after: Sequence[str], limit: int) -> list[Bar]:
        """Return up to `limit` bars behind (session, symbol), by session, then symbol."""
        session, symbol = (date.fromisoformat(after[0]), after[1]) if after else (date.min, "")
        members = _ids(query.members)
        bounds = (query.start or date.min, query.end or date.max)
        count = len(members) or query.dataset.instruments
        given = (query.dataset.id, members, *bounds, session, symbol, limit, count)
        if query.as_of is None:
            rows = await self.pool.fetch(sql.page(sql.NOW, narrowed=bool(members)), *given)
        else:
            rows = await self.pool.fetch(sql.page(sql.then(9), narrowed=bool(members)), *given, query.as_of)
        return [Bar(*row) for row in rows]

    async def closes(self, members: Sequence[Member], session: date | None, as_of: datetime | None) -> list[Close]:
        """Return each member's last close on or before the session, by symbol."""
        data = await self._last("close", members, session, 1, as_of)
        found = zip(data["symbol"].tolist(), data["session"].tolist(), data["price"].tolist(), strict=True)
        closes = [Close(members[at].symbol, price, date.fromordinal(EPOCH + day)) for at, day, price in found]
        return sorted(closes, key=lambda close: close.symbol)

    async def adjusted(
        self, members: Sequence[Member], end: date | None, sessions: int, as_of: datetime | None
    ) -> Closes:
        """Return each member's last adjusted closes, `sessions` of them at most, on or before `end`."""
        return _closes(await self._last("adjusted_close", members, end, sessions, as_of))

    async def starts(self, members: Sequence[Member], as_of: datetime) -> list[date | None]:
        """Return each member's first session with a bar that was known at `as_of`."""
        return [row["first"] for row in await self.pool.fetch(sql.STARTS, _ids(members), as_of)]

    async def sessions(
        self, members: Sequence[Member], start: date | None, end: date | None, as_of: datetime
    ) -> IntArray:
        """Return the ordinals of the sessions that the members have together, rising."""
        given = (_ids(members), start or date.min, end or date.max, as_of)
        data = await self._copied(SESSIONS, sql.SESSIONS, *given)
        return data["session"].astype(np.int32) + np.int32(EPOCH)

    async def between(self, members: Sequence[Member], first: int, last: int, as_of: datetime) -> Closes:
        """Return the members' unadjusted closes of the sessions between two ordinals, both included."""
        given = (_ids(members), date.fromordinal(first), date.fromordinal(last), as_of)
        return _closes(await self._copied(CLOSES, sql.BETWEEN, *given))

    async def _last(
        self, price: str, members: Sequence[Member], end: date | None, count: int, as_of: datetime | None
    ) -> NDArray[np.void]:
        given = (_ids(members), end or date.max, count)
        if as_of is None:
            return await self._copied(CLOSES, sql.last(price, sql.NOW), *given)
        return await self._copied(CLOSES, sql.last(price, sql.then(4)), *given, as_of)

    async def _copied(self, fields: Any, query: str, *given: Any) -> NDArray[np.void]:
        data = bytearray()

        async def keep(piece: bytes) -> None:
            data.extend(piece)

        async with self.pool.acquire() as connection:
            await connection.copy_from_query(query, *given, output=keep, format="binary")
        return decoded(fields, data)


def _ids(members: Sequence[Member]) -> list[str]:
    return [member.id for member in members]


def _closes(data: NDArray[np.void]) -> Closes:
    session = data["session"].astype(np.int32) + np.int32(EPOCH)
    return Closes(data["symbol"].astype(np.int32), session, data["price"].astype(np.float64))
