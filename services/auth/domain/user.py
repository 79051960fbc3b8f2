"""A person who may log in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from services.auth.domain.roles import Role

FREE_TIER: Final = "free"


def normalized(email: str) -> str:
    """The form in which addresses are compared and stored: without outer blanks, in lower case."""
    return email.strip().lower()


@dataclass(frozen=True, slots=True)
class User:
    """An account; `token_version` rises with every change that its tokens should know of."""

    id: str
    tenant_id: str
    email: str
    created_at: datetime
    subscription_tier: str
    roles: frozenset[Role]
    token_version: int
    disabled_at: datetime | None = None  # since then nobody can log in

    def disabled(self, now: datetime) -> User:
        """The user without sessions, whom nobody can be; the same user if it is so already."""
        return self if self.disabled_at else replace(self.renewed(), disabled_at=now)

    def enabled(self) -> User:
        """The user, who can log in; the same user if it is so already."""
        return replace(self.renewed(), disabled_at=None) if self.disabled_at else self

    def with_role(self, role: Role) -> User:
        """The user with this role alone; the same user if nothing changes, so that a repeat is harmless."""
        roles = frozenset({role})
        return self if roles == self.roles else replace(self.renewed(), roles=roles)

    def renewed(self) -> User:
        """The user of the next version, which tokens given before do not know."""
        return replace(self, token_version=self.token_version + 1)


def newcomer(user_id: str, email: str, role: Role, now: datetime) -> User:
    """A user at the moment of registration: in a tenant of its own, on the free tier."""
    return User(
        id=user_id,
        tenant_id=user_id,
        email=normalized(email),
        created_at=now,
        subscription_tier=FREE_TIER,
        roles=frozenset({role}),
        token_version=1,
    )


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account, and the hash that its password must match."""

    user_id: str
    password_hash: str
