"""Users who left: nothing of theirs may come about any more, although a token of theirs still lives.

A tombstone alone would leave a race: an insert that began before it was written could commit after everything of the
user was deleted. Hence a lock per user, shared by their inserts and taken alone by their departure: it waits for the
inserts that hold it and then sees their rows; those that come later see the tombstone, for the function that checks
it takes the lock first and looks after, in a statement (and snapshot) of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chassis.errors import Unauthenticated

if TYPE_CHECKING:
    from chassis.outbox import Connection
    from chassis.postgres import Pool

# `stays(user)` stands in the WHERE of an insert: one statement, as before.
DEPARTED_DDL = """
CREATE TABLE departed (
    user_id     uuid        PRIMARY KEY,
    departed_at timestamptz NOT NULL DEFAULT now()
);
CREATE FUNCTION stays(who uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('departure of ' || who, 0));
    RETURN NOT EXISTS (SELECT 1 FROM departed WHERE user_id = who);
END
$$;
"""

_GONE = "this account was deleted"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('departure of ' || $1::uuid, 0))"
_DEPART = "INSERT INTO departed (user_id) VALUES ($1) ON CONFLICT DO NOTHING"


async def depart(connection: Connection, user_id: str) -> None:
    """Lets a user leave, in the caller's transaction; deletes after it find whatever the user made before."""
    await connection.execute(_LOCK, user_id)
    await connection.execute(_DEPART, user_id)


async def require_present(connection: Connection, user_id: str) -> None:
    """Raises Unauthenticated if a user has left; otherwise they do not leave before the caller's transaction ends."""
    if not await connection.fetchval("SELECT stays($1)", user_id):
        raise Unauthenticated(_GONE)


class Presence:
    """Asks for who has left, where nothing is written."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def require(self, user_id: str) -> None:
        """Raises Unauthenticated if a user has left."""
        async with self._pool.acquire() as connection:
            await require_present(connection, user_id)


def require_inserted(tag: str) -> None:
    """Raises Unauthenticated if an insert guarded by `stays` has, by its command tag, inserted nothing."""
    if tag.endswith(" 0"):
        raise Unauthenticated(_GONE)
