"""What is written down for the audit trail, table `auth.audit_waiting`: in the transaction of what it tells of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chassis import context
from services.auth.adapters.audit_sealed import AuditVault
from services.auth.app.ports import Clock, Ids
from services.auth.domain.audit import OK, Action, Entry, Stored

if TYPE_CHECKING:
    import asyncpg

    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

_WAIT = """
INSERT INTO audit_waiting (id, occurred_at, user_id, action, result, key_id, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


class PostgresTrail:
    """Writes entries down; `pool` is for those that tell of nothing that was stored."""

    def __init__(self, pool: Pool, vault: AuditVault, ids: Ids, clock: Clock) -> None:
        self._pool, self.vault, self._ids, self._clock = pool, vault, ids, clock

    async def note(self, connection: Connection | Pool, action: Action, resource: str, user_id: str = "") -> None:
        """Write down that the present call did this, in the caller's transaction.

        It was the call's principal, or where there is none this user.
        """
        await _wait(connection, self.vault.seal(self._entry(action, resource, user_id, OK)))

    async def done(self, action: Action, resource: str) -> None:
        """Write down that the present call did this, where nothing is stored of it."""
        await self.note(self._pool, action, resource)

    async def refused(self, action: Action, resource: str, result: str, method: str = "") -> None:
        """Write down that the present call was refused, for this reason; of Action.CALL, which method that was."""
        await _wait(self._pool, self.vault.seal(self._entry(action, resource, "", result, method)))

    async def reused(self, connection: Connection, user_id: str) -> None:
        """Write down that a spent refresh token of this user's came back, in the caller's transaction."""
        entry = self._entry(Action.USER_LOGIN, f"user:{user_id}", "", "REFRESH_TOKEN_INVALID")
        await _wait(connection, self.vault.seal(entry))

    async def told(self, connection: Connection, entry: Entry) -> None:
        """Write down what another service told, in the caller's transaction."""
        await _wait(connection, self.vault.seal(entry))

    def _entry(self, action: Action, resource: str, user_id: str, result: str, method: str = "") -> Entry:
        call = context.current()
        principal = None if call is None else call.principal
        return Entry(
            id=self._ids.new(),
            occurred_at=self._clock.now().astimezone(UTC),
            user_id=principal.user_id if principal else user_id,
            action=action,
            resource=resource,
            ip_address=context.client_address(),
            user_agent=context.user_agent(),
            result=result,
            method=method,
        )


async def _wait(connection: Connection | Pool, entry: Stored) -> None:
    await connection.execute(_WAIT, *row_of(entry))


def row_of(entry: Stored) -> tuple[str, datetime, str, str, str, str, bytes]:
    """The columns of an entry, in the table's order."""
    return (entry.id, entry.occurred_at, entry.user_id, entry.action, entry.result, entry.key_id, entry.sealed)
