"""Detectors in PostgreSQL, table `auth.detectors`; each with a code that nobody without auth's key can make."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING

from chassis.logging import logger
from services.auth.adapters.security_sealed import SecurityKey
from services.auth.app.detector_ports import Detector, State
from services.auth.domain.forest import Forest, NoForest, identity, read

if TYPE_CHECKING:
    import asyncpg

    Pool = asyncpg.Pool[asyncpg.Record]

_ABOUT = "id, state, trained_at, history_end, minutes, contamination, library_version, problem"
_RETIRE = "UPDATE detectors SET state = 'retired' WHERE state = 'active' AND id <> $1"
_ADD = f"""
INSERT INTO detectors ({_ABOUT}, content, code) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state, trained_at = EXCLUDED.trained_at,
    history_end = EXCLUDED.history_end, problem = EXCLUDED.problem
"""  # noqa: S608 - made of constants, as the one below
# What is forgotten has been followed by fifty others.
_FORGET = """
DELETE FROM detectors WHERE state <> 'active' AND id NOT IN (SELECT id FROM detectors ORDER BY trained_at DESC LIMIT 50)
"""
_LIST = f"SELECT {_ABOUT} FROM detectors ORDER BY trained_at DESC, id LIMIT $1"  # noqa: S608
_ACTIVE = "SELECT id FROM detectors WHERE state = 'active'"
_CONTENT = "SELECT content, code FROM detectors WHERE id = $1"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('detectors of ' || current_schema(), 0))"


class PostgresDetectors:
    """The port Detectors; remembers the active forest, which takes some milliseconds to read."""

    def __init__(self, pool: Pool, key: SecurityKey) -> None:
        self._pool, self._key = pool, key
        self._known: tuple[str, Forest | None] = ("", None)

    async def add(self, detector: Detector, content: bytes) -> None:
        """Keep one; an active one retires the one before."""
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_LOCK)
            if detector.state is State.ACTIVE:
                await connection.execute(_RETIRE, detector.id)
            about = [getattr(detector, name) for name in _ABOUT.split(", ")]
            await connection.execute(_ADD, *about, content, self._key.code(content))
            await connection.execute(_FORGET)

    async def list(self, limit: int) -> Sequence[Detector]:
        """The newest."""
        rows = await self._pool.fetch(_LIST, limit)
        return [Detector(**(dict(row) | {"state": State(row["state"])})) for row in rows]

    async def active(self) -> tuple[str, Forest] | None:
        """The active one's id and trees; None if there is none, or one that we did not write."""
        name = await self._pool.fetchval(_ACTIVE)
        if name is None:
            return None
        if name != self._known[0]:
            self._known = (name, await self._read(name))
        forest = self._known[1]
        return None if forest is None else (name, forest)

    async def _read(self, name: str) -> Forest | None:
        row = await self._pool.fetchrow(_CONTENT, name)
        if row is None:
            return None
        content = bytes(row["content"])
        if not hmac.compare_digest(self._key.code(content), bytes(row["code"])) or identity(content) != name:
            logger().error("detector_refused", id=name, why="it is not as this installation wrote it")
            return None
        try:
            return await asyncio.to_thread(read, content)
        except NoForest as error:
            logger().error("detector_refused", id=name, why=str(error))
            return None
