"""Replays in PostgreSQL: the row is the resource, and its lease tells whether somebody still plays it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from chassis import context, idempotency
from chassis.departed import require_present
from chassis.outbox import append
from chassis.postgres import AWAY
from chassis.reach import SYSTEM, alone, enter
from services.marketdata.adapters.events_outbox import ended, started
from services.marketdata.adapters.reach import reach_of
from services.marketdata.app.ports import RequestKey
from services.marketdata.domain.dataset import Caller
from services.marketdata.domain.errors import ReplayNotFound, TooMany
from services.marketdata.domain.replay import Replay, ReplayState

if TYPE_CHECKING:
    from chassis.postgres import Pool

# Renewed several times a second by the process that plays.
LEASE = "now() + interval '10 seconds'"
STATE = "CASE WHEN r.state = 1 AND r.lease_until < now() THEN 3 ELSE r.state END"

FIND = f"""
SELECT r.id, r.dataset_id, r.user_id, {STATE} AS state, r.speed, r.position, r.sessions_played, r.sessions_total
FROM replays r JOIN datasets d ON d.id = r.dataset_id
WHERE r.id = $1 AND (d.tenant_id = $2 OR d.visibility = 2) AND {alone(3)}
"""  # noqa: S608
# Two starts of one user at once are counted one after the other.
LOCK_USER = "SELECT pg_advisory_xact_lock(hashtextextended('replays of ' || $1, 0))"
COUNT = "SELECT count(*) FROM replays WHERE user_id = $1 AND state = 1 AND lease_until >= now()"
INSERT = f"""
INSERT INTO replays (id, tenant_id, user_id, dataset_id, state, speed, sessions_total, lease_until)
VALUES ($1, $2, $3, $4, 1, $5, $6, {LEASE})
"""  # noqa: S608
ADVANCE = f"""
UPDATE replays SET position = $2, sessions_played = $3, lease_until = {LEASE}
WHERE id = $1 AND state = 1 AND {alone(4)} RETURNING true
"""  # noqa: S608
ROW = "id, dataset_id, user_id, state, speed, position, sessions_played, sessions_total, tenant_id"
END = f"""
UPDATE replays SET position = $2, sessions_played = $3, state = $4 WHERE id = $1 AND state = 1 RETURNING {ROW}
"""  # noqa: S608
# A stop that another process asked for: how far it got is still ours to tell.
PROGRESS = "UPDATE replays SET position = $2, sessions_played = $3 WHERE id = $1 AND sessions_played <= $3"
STOP = f"UPDATE replays SET state = 3 WHERE id = $1 AND state = 1 RETURNING {ROW}"  # noqa: S608
LOST = f"UPDATE replays SET state = 3 WHERE state = 1 AND lease_until < now() RETURNING {ROW}"  # noqa: S608
METHOD = "StartReplay"


@dataclass(frozen=True, slots=True)
class PostgresReplays:
    """Keeps replays; `committed` follows every commit that told something."""

    pool: Pool
    committed: Callable[[], None] = lambda: None

    async def start(self, caller: Caller, replay: Replay, request: RequestKey, limit: int) -> tuple[Replay, bool]:
        """Add a running replay and tell that it is new; or return the one that this request made before.

        Raises TooMany if the caller has `limit` running ones, RequestIdReused for another body under the id.
        """
        who = context.principal()
        async with self._telling(reach_of(caller)) as db:
            before = await idempotency.replayed(db, who, METHOD, request.request_id, request.body)
            if before is None:
                await self._add(db, caller, replay, limit)
                await idempotency.remember(db, who, METHOD, request.request_id, replay.id.encode())
                return replay, True
        found = await self.find(caller, before.decode())
        if found is None:
            raise ReplayNotFound(before.decode())
        return found, False

    async def find(self, caller: Caller, replay_id: str) -> Replay | None:
        """Return the replay if the caller may read its dataset."""
        row = await self.pool.fetchrow(FIND, replay_id, caller.tenant_id, reach_of(caller))
        return None if row is None else _replay(row)

    async def advance(self, replay_id: str, position: date | None, played: int) -> bool:
        """Keep how far a replay is and renew its lease; tell whether it may go on."""
        return bool(await self.pool.fetchval(ADVANCE, replay_id, position, played, SYSTEM))

    async def end(self, replay_id: str, state: ReplayState, position: date | None, played: int) -> None:
        """Keep the end of a replay, unless it has ended already, and how far it got."""
        async with self._telling(SYSTEM) as db:
            await tell_ends(db, await db.fetch(END, replay_id, position, played, state.value))
            await db.execute(PROGRESS, replay_id, position, played)

    async def stop(self, caller: Caller, replay_id: str) -> None:
        """Mark the caller's running replay stopped; the process that plays it sees it when it advances."""
        async with self._telling(reach_of(caller)) as db:
            await tell_ends(db, await db.fetch(STOP, replay_id))

    async def forget(self) -> None:
        """Forget old requests, and end the replays that died with their process; later, if the store is away."""
        with suppress(*AWAY):
            async with self._telling(SYSTEM) as db:
                await idempotency.forget(db)
                await tell_ends(db, await db.fetch(LOST))

    @asynccontextmanager
    async def _telling(self, reach: str) -> AsyncIterator[Any]:
        """A transaction that may tell something, within the reach."""
        async with self.pool.acquire() as db, db.transaction():
            await enter(db, reach)
            yield db
        self.committed()

    async def _add(self, db: Any, caller: Caller, replay: Replay, limit: int) -> None:
        await require_present(db, caller.user_id)
        await db.execute(LOCK_USER, caller.user_id)
        if await db.fetchval(COUNT, caller.user_id) >= limit:
            raise TooMany("replays", limit)
        given = (replay.dataset_id, replay.speed, replay.sessions_total)
        await db.execute(INSERT, replay.id, caller.tenant_id, caller.user_id, *given)
        await append(db, started(replay, caller, datetime.now(UTC)))


async def tell_ends(db: Any, rows: list[Any]) -> None:
    """Tell that these replays, rows of ROW, have ended."""
    for row in rows:
        *values, tenant_id = row
        replay, owner = _replay(values), Caller(str(row["user_id"]), str(tenant_id))
        await append(db, ended(replay, owner, datetime.now(UTC)), who=owner)


def _replay(row: Any) -> Replay:
    identity, dataset_id, user_id, state, *rest = row
    return Replay(str(identity), str(dataset_id), str(user_id), ReplayState(state), *rest)
