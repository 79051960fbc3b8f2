"""Who is shut out for a while, table `auth.user_blocks`; rows go with their accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncpg

    Pool = asyncpg.Pool[asyncpg.Record]

_ASKED = "SELECT user_id::text FROM user_blocks WHERE since IS NULL ORDER BY until LIMIT 100"
_BEGUN = "UPDATE user_blocks SET since = $2 WHERE user_id = $1"
_OVER = "SELECT user_id::text, since FROM user_blocks WHERE since IS NOT NULL AND until <= $1 ORDER BY until LIMIT 100"
_FORGET = "DELETE FROM user_blocks WHERE user_id = $1"


class PostgresBlocks:
    """The port Blocks."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def asked(self) -> Sequence[str]:
        """Users who are to be shut out and are not yet."""
        return [row[0] for row in await self._pool.fetch(_ASKED)]

    async def begun(self, user_id: str, since: datetime) -> None:
        """Keep since when the account is disabled for it."""
        await self._pool.execute(_BEGUN, user_id, since)

    async def over(self, now: datetime) -> Sequence[tuple[str, datetime]]:
        """Users whose time is over, and since when their accounts are disabled for it."""
        return [(row[0], row[1]) for row in await self._pool.fetch(_OVER, now)]

    async def forget(self, user_id: str) -> None:
        """What an administrator says of the account counts from now on; nothing happens if it is not shut out."""
        await self._pool.execute(_FORGET, user_id)
