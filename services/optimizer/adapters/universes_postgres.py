"""Universes on PostgreSQL: every query names the owner, so that what somebody else put is as good as absent.

It names the owner to row-level security too: a transaction as it begins, a statement that runs by itself in its WHERE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chassis.departed import require_present
from chassis.patience import raise_if_cancelled
from chassis.postgres import GONE
from chassis.reach import SYSTEM, alone, enter, named
from services.optimizer.app.errors import StoreUnavailable, TooManyUniverses, UniverseNotFound
from services.optimizer.app.ports import Caller, KeptUniverse, NewUniverse

if TYPE_CHECKING:
    from chassis.postgres import Pool

_MINE = "user_id = $1 AND tenant_id = $2"
# One user's puts wait for one another, so that two cannot both be the last that is allowed.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('universes of ' || $1::text, 0))"
_USED = f"""
SELECT count(*) AS count, coalesce(sum(octet_length(moments)), 0) AS bytes
FROM universes WHERE {_MINE} AND expires_at > now()
"""  # noqa: S608
_INSERT = """
INSERT INTO universes (user_id, tenant_id, id, assets, factors, moments, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7))
ON CONFLICT (user_id, tenant_id, id) DO UPDATE SET expires_at = excluded.expires_at
RETURNING id, assets, factors, expires_at
"""
_EXTEND = f"""
UPDATE universes SET expires_at = greatest(expires_at, now() + make_interval(secs => $4))
WHERE {_MINE} AND id = $3 AND expires_at > now() AND {alone(5)}
RETURNING id, assets, factors, expires_at
"""  # noqa: S608
_THIS = f"{_MINE} AND id = $3 AND expires_at > now() AND {alone(4)}"
_FIND = f"SELECT id, assets, factors, expires_at FROM universes WHERE {_THIS}"  # noqa: S608
_READ = f"SELECT moments FROM universes WHERE {_THIS}"  # noqa: S608
_SWEEP = f"DELETE FROM universes WHERE expires_at <= now() AND {alone(1)}"  # noqa: S608


class PostgresUniverses:
    """The port Universes; one user may keep `most` of them, of `most_bytes` together."""

    def __init__(self, pool: Pool, most: int, most_bytes: int) -> None:
        self._pool = pool
        self._most, self._most_bytes = most, most_bytes

    async def keep(self, caller: Caller, universe: NewUniverse, seconds: int) -> KeptUniverse:
        """See `Universes.keep`."""
        async with self._pool.acquire() as connection, connection.transaction():
            await enter(connection, _reach(caller))
            await connection.execute(_LOCK, caller.user_id)
            await require_present(connection, caller.user_id)
            kept = await connection.fetchrow(_EXTEND, *_named(caller, universe.id), seconds, _reach(caller))
            if kept is None:
                await self._require_room(connection, caller, len(universe.moments))
                facts = (universe.assets, universe.factors, universe.moments, seconds)
                kept = await connection.fetchrow(_INSERT, *_named(caller, universe.id), *facts)
        return _kept(kept)

    async def extend(self, caller: Caller, universe_id: str, seconds: int) -> KeptUniverse:
        """See `Universes.extend`."""
        asked = (*_named(caller, universe_id), seconds)
        return _kept(_found(await self._pool.fetchrow(_EXTEND, *asked, _reach(caller)), universe_id))

    async def find(self, caller: Caller, universe_id: str) -> KeptUniverse:
        """See `Universes.find`."""
        asked = _named(caller, universe_id)
        return _kept(_found(await self._pool.fetchrow(_FIND, *asked, _reach(caller)), universe_id))

    async def read(self, caller: Caller, universe_id: str) -> bytes:
        """See `Universes.read`."""
        asked = _named(caller, universe_id)
        row = _found(await self._pool.fetchrow(_READ, *asked, _reach(caller)), universe_id)
        return bytes(row["moments"])

    async def sweep(self) -> None:
        """See `Universes.sweep`."""
        try:
            await self._pool.execute(_SWEEP, SYSTEM)
        except GONE as error:
            raise_if_cancelled(error)
            raise StoreUnavailable("the store of universes does not answer") from error

    async def _require_room(self, connection: Any, caller: Caller, size: int) -> None:
        used = await connection.fetchrow(_USED, caller.user_id, caller.tenant_id)
        if used["count"] >= self._most or used["bytes"] + size > self._most_bytes:
            raise TooManyUniverses(self._most, self._most_bytes)


def _named(caller: Caller, universe_id: str) -> tuple[str, str, bytes]:
    return caller.user_id, caller.tenant_id, bytes.fromhex(universe_id)


def _reach(caller: Caller) -> str:
    return named([(caller.tenant_id, caller.user_id)])


def _found(row: Any, universe_id: str) -> Any:
    if row is None:
        raise UniverseNotFound(f"there is no universe {universe_id}: put it (again)")
    return row


def _kept(row: Any) -> KeptUniverse:
    return KeptUniverse(bytes(row["id"]).hex(), row["assets"], row["factors"], row["expires_at"])
