"""Accounts read through the caches: `user:session:{user_id}`.

What is kept is the row as it lies in PostgreSQL, its email encrypted: nobody learns an address from Redis. It is
unsealed anew for every read. Whatever changes a row moves its token_version, which each read compares (see
chassis.cache): a role given or an account deleted at one replica shows at once in every other.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chassis.bus import Bus
from chassis.cache import Cached, Entry, Layers, Reader, Stamp, follow
from services.auth.adapters.emails_sealed import SealedEmails
from services.auth.adapters.events_outbox import TOPIC
from services.auth.adapters.trail_postgres import PostgresTrail
from services.auth.adapters.users_postgres import COLUMNS, PostgresUsers
from services.auth.domain.errors import UserNotFound
from services.auth.domain.user import User

if TYPE_CHECKING:
    from services.auth.adapters.users_postgres import Pool

PREFIX = "user:session:"
FORM = COLUMNS.encode()

_STAMPS = "SELECT id::text, token_version, tenant_id::text FROM users WHERE id = ANY ($1::uuid[])"
_ROWS = f"SELECT {COLUMNS} FROM users WHERE id = ANY ($1::uuid[])"  # noqa: S608 - made of constants


@dataclass(frozen=True, slots=True)
class _Auth:
    """Auth reads accounts for itself: whose they are, the id says that it was asked for."""

    user_id: str = ""
    tenant_id: str = ""
    everyone: bool = True


class CachedUsers(PostgresUsers):
    """The port Users on PostgreSQL; an account that is read by its id is read through the caches."""

    def __init__(
        self, pool: Pool, emails: SealedEmails, trail: PostgresTrail, layers: Layers, committed: Callable[[], None]
    ) -> None:
        super().__init__(pool, emails, trail, committed)
        self._cached = Cached(PREFIX, _Rows(pool), layers)

    async def get(self, user_id: str) -> User:
        """The account as stored now; raises UserNotFound."""
        body = await self._cached.get(user_id, _Auth())
        if body is None:
            raise UserNotFound
        return await self._user(row_of(body))

    async def follow(self, bus: Bus) -> None:
        """Forget what events say is outdated, above all accounts that were deleted; until cancelled."""
        await follow(bus, TOPIC, self._cached)


class _Rows:
    """Rows of `users`, sealed as they are."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def stamps(self, ids: Sequence[str], _: Collection[Reader]) -> Mapping[str, Stamp]:
        """Versions, by the primary key."""
        rows = await self._pool.fetch(_STAMPS, ids)
        return {id: Stamp(version, tenant, id) for id, version, tenant in rows}

    async def entries(self, ids: Sequence[str], _: Collection[Reader]) -> Mapping[str, Entry]:
        """Rows."""
        return {str(row["id"]): _entry(row) for row in await self._pool.fetch(_ROWS, ids)}


def _entry(row: Any) -> Entry:
    return Entry(Stamp(row["token_version"], str(row["tenant_id"]), str(row["id"])), body_of(row))


def body_of(row: Any) -> bytes:
    """A row in JSON; the encrypted email in base64."""
    values = dict(row) | {
        "id": str(row["id"]),
        "tenant_id": str(row["tenant_id"]),
        "key_id": row["key_id"] and str(row["key_id"]),
        "email": base64.b64encode(row["email"]).decode(),
        "created_at": row["created_at"].isoformat(),
        "disabled_at": row["disabled_at"] and row["disabled_at"].isoformat(),
    }
    return json.dumps(values, sort_keys=True).encode()


def row_of(body: bytes) -> dict[str, Any]:
    """What body_of was given."""
    values: dict[str, Any] = json.loads(body)
    disabled_at = values["disabled_at"] and datetime.fromisoformat(values["disabled_at"])
    email, created_at = base64.b64decode(values["email"]), datetime.fromisoformat(values["created_at"])
    return values | {"email": email, "created_at": created_at, "disabled_at": disabled_at}
