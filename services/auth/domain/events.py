"""What can happen to an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.auth.domain.link import Link
from services.auth.domain.user import User


@dataclass(frozen=True, slots=True)
class Registered:
    """An account was made."""

    user: User
    at: datetime


@dataclass(frozen=True, slots=True)
class RoleChanged:
    """Its roles were replaced; `user` is as after it."""

    user: User
    at: datetime


@dataclass(frozen=True, slots=True)
class SessionsEnded:
    """Its refresh tokens were revoked; `user` is as after it."""

    user: User
    at: datetime


@dataclass(frozen=True, slots=True)
class Deleted:
    """It was deleted; `user` is as it was last."""

    user: User
    at: datetime


@dataclass(frozen=True, slots=True)
class Linked:
    """An advisor was linked to a client, or their link changed; `link` is as after it."""

    link: Link
    at: datetime


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A link was ended before its time; `link` is as after it."""

    link: Link
    at: datetime


Happening = Registered | RoleChanged | SessionsEnded | Deleted
