"""The accounts in PostgreSQL, table `auth.users`; the email lies there encrypted, beside its blind index."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

import asyncpg

from chassis import context
from chassis.outbox import append
from chassis.vault import KeyGone, Sealed
from services.auth.adapters.emails_sealed import SealedEmails
from services.auth.adapters.events_outbox import event_of
from services.auth.adapters.links_postgres import end_all
from services.auth.adapters.trail_postgres import PostgresTrail
from services.auth.domain.audit import Action
from services.auth.domain.errors import AlreadyBootstrapped, EmailTaken, UserNotFound
from services.auth.domain.events import Deleted, Happening, Registered, RoleChanged, SessionsEnded
from services.auth.domain.roles import Role
from services.auth.domain.user import Credentials, User

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

COLUMNS = "id, tenant_id, email, email_key_id, key_id, created_at, subscription_tier, roles, token_version, disabled_at"
_INSERT = f"""
INSERT INTO users ({COLUMNS}, email_index, password_hash)
VALUES ($1, $2, $3, NULL, $4, $5, $6, $7, $8, NULL, $9, $10)
"""  # noqa: S608 - made of constants, as the two below
_BY_ID = f"SELECT {COLUMNS} FROM users WHERE id = $1"  # noqa: S608
_CREDENTIALS = "SELECT id::text, password_hash FROM users WHERE email_index = $1"
_PAGE = f"SELECT {COLUMNS} FROM users WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2"  # noqa: S608
_HAS_ADMIN = "SELECT EXISTS (SELECT 1 FROM users WHERE 'admin' = ANY (roles))"
# Held until the transaction ends, so that of two first administrators the second finds the first.
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('auth.users: first administrator'))"
_SET_ROLES = "UPDATE users SET roles = $2, token_version = $3 WHERE id = $1"
_SET_VERSION = "UPDATE users SET token_version = $2 WHERE id = $1"
_SET_DISABLED = "UPDATE users SET disabled_at = $2, token_version = $3 WHERE id = $1"
_REVOKE_ALL = "UPDATE token_families SET revoked_at = COALESCE(revoked_at, $2) WHERE user_id = $1"
# Families and refresh tokens, second factor and keys for machines go with it.
_DELETE = "DELETE FROM users WHERE id = $1"
_IS_TENANT = "SELECT EXISTS (SELECT 1 FROM users WHERE tenant_id = $1)"


class PostgresUsers:
    """Keeps accounts, and tells and writes down what happens to them; `committed` is called after each commit."""

    def __init__(
        self, pool: Pool, emails: SealedEmails, trail: PostgresTrail, committed: Callable[[], None] = lambda: None
    ) -> None:
        self._pool = pool
        self._emails = emails
        self._trail = trail
        self._committed = committed

    async def add(self, user: User, password_hash: str) -> None:
        """Keep a new account; raises EmailTaken if its email has one."""
        key, email = await self._emails.first(user.tenant_id, user.id, user.email)
        async with self._telling() as connection:
            await self._emails.vault.keep(connection, key)
            await self._insert(connection, user, email, password_hash)

    async def add_first_admin(self, user: User, password_hash: str) -> None:
        """Keep the first administrator; raises AlreadyBootstrapped if there is one, EmailTaken as `add` does."""
        key, email = await self._emails.first(user.tenant_id, user.id, user.email)
        async with self._telling() as connection:
            await connection.execute(_ONE_AT_A_TIME)
            if await connection.fetchval(_HAS_ADMIN):
                raise AlreadyBootstrapped
            await self._emails.vault.keep(connection, key)
            await self._insert(connection, user, email, password_hash)

    async def get(self, user_id: str) -> User:
        """The account; raises UserNotFound."""
        return await self._found(await self._pool.fetchrow(_BY_ID, user_id))

    async def credentials(self, email: str) -> Credentials | None:
        """The account with this email and its password's hash, or None: in the same time.

        Nothing is opened here: to open an address takes a query for its key, which would tell who has an account.
        """
        row = await self._pool.fetchrow(_CREDENTIALS, self._emails.index(email))
        return None if row is None else Credentials(row["id"], row["password_hash"])

    async def give_role(self, user_id: str, role: Role, now: datetime) -> User:
        """Replace the account's roles by this one, and return it; raises UserNotFound. A change is told.

        Who is an advisor no more has no clients either.
        """
        async with self._telling() as connection:
            user = await self._found(await connection.fetchrow(f"{_BY_ID} FOR UPDATE", user_id))
            changed = user.with_role(role)
            if changed != user:
                await connection.execute(_SET_ROLES, user_id, sorted(changed.roles), changed.token_version)
                await self._tell(connection, RoleChanged(changed, now))
            if Role.ADVISOR not in changed.roles:
                await end_all(connection, self._trail, user_id, now)
            return changed

    async def page(self, before: str | None, limit: int) -> Sequence[User]:
        """The newest accounts, those made before an id if one is given; one that goes meanwhile is left out."""
        found = list[User]()
        for row in await self._pool.fetch(_PAGE, before, limit):
            with suppress(UserNotFound):
                found.append(await self._user(row))
        return found

    async def disable(self, user_id: str, now: datetime) -> User:
        """End the account's sessions and let nobody log in, and return it; raises UserNotFound. A change is told."""
        async with self._telling() as connection:
            user = await self._found(await connection.fetchrow(f"{_BY_ID} FOR UPDATE", user_id))
            return await self._switched(connection, user, user.disabled(now), now)

    async def enable(self, user_id: str, now: datetime) -> User:
        """Let its owner log in again, and return it; raises UserNotFound. A change is told."""
        async with self._telling() as connection:
            user = await self._found(await connection.fetchrow(f"{_BY_ID} FOR UPDATE", user_id))
            return await self._switched(connection, user, user.enabled(), now)

    async def end_sessions(self, user_id: str, now: datetime) -> None:
        """Revoke every family of the account's, and tell it; raises UserNotFound."""
        async with self._telling() as connection:
            renewed = (await self._found(await connection.fetchrow(f"{_BY_ID} FOR UPDATE", user_id))).renewed()
            await connection.execute(_SET_VERSION, user_id, renewed.token_version)
            await connection.execute(_REVOKE_ALL, user_id, now)
            await self._tell(connection, SessionsEnded(renewed, now))

    async def _switched(self, connection: Connection, user: User, changed: User, now: datetime) -> User:
        """Tokens of before count no more either way: those of a disabled account are not to come back with it."""
        if changed != user:
            await connection.execute(_SET_DISABLED, user.id, changed.disabled_at, changed.token_version)
            await connection.execute(_REVOKE_ALL, user.id, now)
            await self._tell(connection, SessionsEnded(changed, now))
        return changed

    async def remove(self, user_id: str, now: datetime) -> None:
        """Delete the account with its families of refresh tokens, and tell it; raises UserNotFound.

        The keys of a tenant whose last account it was are destroyed: what is left of it anywhere opens no more.
        """
        async with self._telling() as connection:
            user = await self._found(await connection.fetchrow(f"{_BY_ID} FOR UPDATE", user_id))
            await connection.execute(_DELETE, user_id)
            if not await connection.fetchval(_IS_TENANT, user.tenant_id):
                await self._emails.vault.destroy(connection, user.tenant_id)
            await self._tell(connection, Deleted(user, now))

    async def has_admin(self) -> bool:
        """Whether an administrator exists."""
        return bool(await self._pool.fetchval(_HAS_ADMIN))

    async def _insert(self, connection: Connection, user: User, email: Sealed, password_hash: str) -> None:
        row = (user.id, user.tenant_id, email.body, email.key_id, user.created_at, user.subscription_tier)
        secrets = (self._emails.index(user.email), password_hash)
        try:
            await connection.execute(_INSERT, *row, sorted(user.roles), user.token_version, *secrets)
        except asyncpg.UniqueViolationError as error:
            if error.constraint_name != "users_email_index_key":
                raise
            raise EmailTaken from None
        await self._tell(connection, Registered(user, user.created_at))

    @asynccontextmanager
    async def _telling(self) -> AsyncIterator[Connection]:
        """A transaction that may tell something."""
        async with self._pool.acquire() as connection, connection.transaction():
            yield connection
        self._committed()

    async def _found(self, row: asyncpg.Record | None) -> User:
        if row is None:
            raise UserNotFound
        return await self._user(row)

    async def _user(self, row: asyncpg.Record | Mapping[str, Any]) -> User:
        return User(
            id=str(row["id"]),
            tenant_id=str(row["tenant_id"]),
            email=await self._email(row),
            created_at=row["created_at"],
            subscription_tier=row["subscription_tier"],
            roles=frozenset(Role(role) for role in row["roles"]),
            token_version=row["token_version"],
            disabled_at=row["disabled_at"],
        )

    async def _email(self, row: asyncpg.Record | Mapping[str, Any]) -> str:
        try:
            return await self._emails.open(row)
        except KeyGone:
            # Deleted since the row was read: the key went with the account. If not, the key is missing.
            if await self._pool.fetchrow(_BY_ID, row["id"]) is None:
                raise UserNotFound from None
            raise

    async def _tell(self, connection: Connection, happened: Happening) -> None:
        await append(connection, event_of(happened))
        user_id = happened.user.id
        await self._trail.note(connection, _action(happened), f"user:{user_id}", user_id)


def _action(happened: Happening) -> Action:
    """What it is in the audit trail: what somebody does to another's account, an administrator does."""
    call = context.current()
    principal = None if call is None else call.principal
    own = principal is None or principal.user_id == happened.user.id
    match happened:
        case Registered(user):
            return Action.ADMIN_ACTION if Role.ADMIN in user.roles else Action.USER_REGISTER
        case SessionsEnded() if own:
            return Action.USER_LOGOUT
        case Deleted() if own:
            return Action.USER_DELETE
    return Action.ADMIN_ACTION
