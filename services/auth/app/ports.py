"""What the use cases need from the world; adapters and the tests' fakes provide it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.auth.domain.api_keys import ApiKey
from services.auth.domain.audit import Action
from services.auth.domain.claims import Claims
from services.auth.domain.link import Link, Term
from services.auth.domain.refresh_tokens import RefreshToken, Session
from services.auth.domain.roles import Role
from services.auth.domain.second_factors import SecondFactor
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


class SecondFactors(Protocol):
    """The accounts' second factors. What happens to them is written down, in the transaction in which it happens."""

    async def of(self, user_id: str) -> SecondFactor | None:
        """The account's, confirmed or not; None if there is none."""
        ...

    async def begin(self, factor: SecondFactor) -> None:
        """Keep it in place of one that was not confirmed; raises SecondFactorOn, UserNotFound."""
        ...

    async def confirm(self, factor: SecondFactor, step: int, recovery: Sequence[bytes], now: datetime) -> None:
        """Switch it on, its step taken, with these fingerprints of recovery codes.

        Raises SecondFactorOff if it is not the account's any more, or was switched on by another call.
        """
        ...

    async def take(self, factor: SecondFactor, step: int) -> bool:
        """Take a step, for this call and no other; False if it, or a newer one, was taken."""
        ...

    async def recover(self, factor: SecondFactor, fingerprint: bytes) -> bool:
        """Use a recovery code up; False if there is none with this fingerprint (any more)."""
        ...

    async def remove(self, user_id: str, action: Action) -> bool:
        """Remove the account's with its recovery codes, written down as this action; False if there was none."""
        ...


class ApiKeys(Protocol):
    """Keys for machines. What is done with them is written down, in the transaction in which it happens."""

    async def add(self, key: ApiKey) -> None:
        """Keep a new key; raises TooManyApiKeys, UserNotFound."""
        ...

    async def get(self, key_id: str) -> ApiKey | None:
        """The key; None if there is none."""
        ...

    async def of(self, user_id: str) -> Sequence[ApiKey]:
        """The account's keys, newest first."""
        ...

    async def use(self, key: ApiKey, now: datetime) -> bool:
        """Write down that it is used now, to the hour; False if it was deleted."""
        ...

    async def remove(self, user_id: str, key_id: str) -> None:
        """Delete the account's key; raises ApiKeyNotFound, also for another account's."""
        ...


class Secrets(Protocol):
    """Makes what nobody can guess."""

    def new(self) -> bytes:
        """256 random bits."""
        ...


class OneTimeCodes(Protocol):
    """Codes of authenticator apps."""

    def new_secret(self) -> str:
        """What the codes of an app are made of: 160 random bits in base32."""
        ...

    def new_recovery_codes(self) -> list[str]:
        """Ten codes that nobody can guess."""
        ...

    def step(self, secret: str, code: str, now: datetime) -> int | None:
        """The step of 30 s that a plain code is of: the present one, or the one before or behind; None if of none."""
        ...

    def uri(self, secret: str, email: str) -> str:
        """The secret as apps read it from a QR code."""
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
    """Counts who tries passwords and keys, before they are tried."""

    async def count(self, address: str, email: str = "") -> None:
        """Count an attempt from a network address, at an account if one is named; raises TooManyAttempts."""
        ...

    async def count_key(self, key_id: str) -> None:
        """Count that a key is exchanged; raises TooManyAttempts."""
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
