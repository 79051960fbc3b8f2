"""ExportMyData: what auth keeps about a user."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from services.auth.app.audit_ports import Asked, Trail
from services.auth.app.list_audit_events import ListAuditEvents
from services.auth.app.ports import ApiKeys, Links, LinksAsked, RefreshTokens, Users
from services.auth.domain.api_keys import ApiKey
from services.auth.domain.audit import Action, Entry
from services.auth.domain.link import Link
from services.auth.domain.refresh_tokens import Session
from services.auth.domain.user import User

PAGE = 500


@dataclass(frozen=True, slots=True)
class Numbered:
    """What a user did, with its number in the audit trail."""

    seq: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class ExportMyData:
    """Gives an account, its links, its keys, its sessions and what its owner did, kind by kind."""

    users: Users
    links: Links
    keys: ApiKeys
    families: RefreshTokens
    events: ListAuditEvents
    trail: Trail

    async def __call__(self, user_id: str) -> AsyncIterator[User | Link | ApiKey | Session | Numbered]:
        """All of it; raises UserNotFound. That it was given is written down."""
        yield await self.users.get(user_id)
        await self.trail.done(Action.USER_EXPORT, f"user:{user_id}")
        before: str | None = None
        while page := await self.links.page(LinksAsked(either_id=user_id), before, PAGE):
            for link in page:
                yield link
            before = page[-1].id
        for key in await self.keys.of(user_id):
            yield key
        for session in await self.families.sessions(user_id):
            yield session
        seq: int | None = None
        while True:
            found = await self.events(Asked(user_id=user_id), seq, PAGE)
            for number, entry in found.rows:
                yield Numbered(number, entry)
            seq = found.after
            if seq is None:
                return
