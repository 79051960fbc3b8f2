"""What the use cases need from the world; adapters and the tests' fakes provide it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.auth.domain.claims import Claims
from services.auth.domain.link import Link, Term
from services.auth.domain.refresh_tokens import RefreshToken, Session
from services.auth.domain.roles import Role
from services.auth.domain.user import Credentials, User


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class Ids(Protocol):
    """Names new things."""

    def new(self) -> str:
        """An identity never given before; UUIDv7."""
        ...


class OpaqueTokens(Protocol):
    """Makes what only its bearer can know."""

    def new(self) -> str:
        """A token of 256 random bits, as text."""
        ...

    def successor(self, token: str, request_id: str) -> str:
        """The token that this request makes of another: always the same, and nobody else's to compute."""
        ...


class Users(Protocol):
    """The accounts. What happens to them is told, in the transaction in which it happens."""

    async def add(self, user: User, password_hash: str) -> None:
        """Keep a new account, and tell it; raises EmailTaken if its email has one."""
        ...

    async def add_first_admin(self, user: User, password_hash: str) -> None:
        """Keep the first administrator, and tell it; raises AlreadyBootstrapped if there is one, else as `add`."""
        ...

    async def get(self, user_id: str) -> User:
        """The account; raises UserNotFound."""
        ...

    async def credentials(self, email: str) -> Credentials | None:
        """The account with this email and its password's hash, or None: in the same time."""
        ...

    async def give_role(self, user_id: str, role: Role, now: datetime) -> User:
        """Replace the account's roles by this one, and return it; raises UserNotFound. A change is told."""
        ...

    async def page(self, before: str | None, limit: int) -> Sequence[User]:
        """The newest accounts, those made before an id if one is given; newest first."""
        ...

    async def disable(self, user_id: str, now: datetime) -> User:
        """End the account's sessions and let nobody log in, and return it; raises UserNotFound. A change is told."""
        ...

    async def enable(self, user_id: str, now: datetime) -> User:
        """Let its owner log in again, and return it; raises UserNotFound. A change is told."""
        ...

    async def end_sessions(self, user_id: str, now: datetime) -> None:
        """Revoke every family of the account's and raise its version; raises UserNotFound. It is told."""
        ...

    async def remove(self, user_id: str, now: datetime) -> None:
        """Delete the account with its families of refresh tokens, and tell it; raises UserNotFound."""
        ...

    async def has_admin(self) -> bool:
        """Whether an administrator exists."""
        ...


@dataclass(frozen=True, slots=True)
class LinksAsked:
    """Which links: of this advisor, of this client, of this user as either; empty means all."""

    advisor_id: str = ""
    client_id: str = ""
    either_id: str = ""


class Links(Protocol):
    """Who advises whom. What happens to links is told, in the transaction in which it happens."""

    async def link(self, new_id: str, advisor_id: str, client_id: str, term: Term, now: datetime) -> Link:
        """Link the two, or change their link, and return it. A change is told.

        Raises UserNotFound, NotAnAdvisor, InvalidLink.
        """
        ...

    async def page(self, asked: LinksAsked, before: str | None, limit: int) -> Sequence[Link]:
        """The newest links, those made before the one with an id if one is given; newest first."""
        ...

    async def end(self, advisor_id: str, client_id: str, now: datetime) -> Link:
        """End a link, and return it; raises LinkNotFound. A change is told."""
        ...


class RefreshTokens(Protocol):
    """The families of refresh tokens."""

    async def start(self, token: RefreshToken) -> None:
        """Keep the first token of a new family; raises UserNotFound if the account was deleted meanwhile."""
        ...

    async def rotate(self, spent: bytes, successor: str, now: datetime) -> RefreshToken:
        """Spend the token with this fingerprint and keep its successor, both or neither; return the successor.

        Returns the successor that was kept before where `judge` says so. Raises RefreshTokenInvalid as it decides; the
        end of a family is kept even so.
        """
        ...

    async def end_family(self, fingerprint: bytes, now: datetime) -> None:
        """Revoke the family of this token; nothing happens if there is none."""
        ...

    async def sessions(self, user_id: str) -> Sequence[Session]:
        """The user's families, oldest first."""
        ...


class Passwords(Protocol):
    """Hashes passwords, slowly on purpose; raises Overloaded when too many wait."""

    async def hash(self, password: str) -> str:
        """A salted hash to store."""
        ...

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the hashed one. None takes as long and is false."""
        ...


class Attempts(Protocol):
    """Counts who tries passwords, before they are tried."""

    async def count(self, address: str, email: str = "") -> None:
        """Count an attempt from a network address, at an account if one is named; raises TooManyAttempts."""
        ...

    async def forgive(self, email: str) -> None:
        """Forget the attempts at an account; raises ConnectionError if they cannot be forgotten everywhere."""
        ...


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public half of an Ed25519 signing key: `x` as base64url without padding, `kid` its RFC 7638 thumbprint."""

    kid: str
    x: str


class TokenSigner(Protocol):
    """Holds the keys that access tokens are signed with."""

    def sign(self, claims: Claims) -> str:
        """A JWT that carries these claims."""
        ...

    def public_keys(self) -> Sequence[PublicKey]:
        """The keys that verify tokens, newest first."""
        ...


class BootstrapSecret(Protocol):
    """The secret that makes the first administrator."""

    async def offer(self) -> None:
        """Make a secret, unless there is one."""
        ...

    async def matches(self, guess: str) -> bool:
        """Whether this is the secret, in a time that tells nothing about it. False if there is none."""
        ...

    async def remove(self) -> None:
        """Forget the secret; nothing happens if there is none."""
        ...
