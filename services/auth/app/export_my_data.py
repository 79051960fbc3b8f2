"""ExportMyData: what auth keeps about a user."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from services.auth.app.audit_ports import Asked, Trail
from services.auth.app.detector_ports import Usages
from services.auth.app.list_audit_events import ListAuditEvents
from services.auth.app.ports import ApiKeys, Links, LinksAsked, RefreshTokens, Users
from services.auth.domain.api_keys import ApiKey
from services.auth.domain.audit import Action, Entry
from services.auth.domain.link import Link
from services.auth.domain.refresh_tokens import Session
from services.auth.domain.usage import Usage
from services.auth.domain.user import User

PAGE = 500


@dataclass(frozen=True, slots=True)
class Numbered:
    """What a user did, with its number in the audit trail."""

    seq: int
    entry: Entry


Exported = User | Link | ApiKey | Session | Usage | Numbered


@dataclass(frozen=True, slots=True)
class ExportMyData:
    """Gives an account, its links, its keys, its sessions, its use and what its owner did, kind by kind."""

    users: Users
    links: Links
    keys: ApiKeys
    families: RefreshTokens
    usages: Usages
    events: ListAuditEvents
    trail: Trail

    async def __call__(self, user_id: str) -> AsyncIterator[Exported]:
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
        behind: datetime | None = None
        while minutes := await self.usages.of(user_id, behind, PAGE):
            for minute in minutes:
                yield minute
            behind = minutes[-1].minute
        seq: int | None = None
        while True:
            found = await self.events(Asked(user_id=user_id), seq, PAGE)
            for number, entry in found.rows:
                yield Numbered(number, entry)
            seq = found.after
            if seq is None:
                return
