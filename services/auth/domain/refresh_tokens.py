"""Families of single-use refresh tokens (RFC 9700 §4.14.2).

A login starts a family; every refresh spends a token and adds its successor. A spent token that comes back means
that two parties hold a copy, so that the whole family ends; unless it comes from whoever spent it, who asks a moment
later for the very successor that was given, because the answer was lost. Only the SHA-256 of a token is ever kept: at
256 random bits there is nothing to guess, and a slow hash would buy nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from services.auth.domain.second_factors import PASSWORD_ALONE

REFRESH_TOKEN_LIFETIME: Final = timedelta(days=7)
# How long an expired token is kept, so that its return is still recognised as theft.
REMEMBERED: Final = timedelta(days=30)
# How long a successor is given again to whoever lost the answer.
LOST_ANSWER: Final = timedelta(seconds=10)


def fingerprint(token: str) -> bytes:
    """What is stored of a token: its SHA-256, 32 bytes."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A token as stored, with what its family says of it."""

    fingerprint: bytes
    family_id: str
    user_id: str
    expires_at: datetime
    spent_at: datetime | None = None
    family_revoked: bool = False
    methods: tuple[str, ...] = PASSWORD_ALONE  # by which the family's first token was come by


@dataclass(frozen=True, slots=True)
class Session:
    """A login, and the refreshes that prolonged it: a family as its user may see it."""

    started_at: datetime
    expires_at: datetime
    ended_at: datetime | None


def first_of_family(
    token: str, family_id: str, user_id: str, now: datetime, methods: tuple[str, ...] = PASSWORD_ALONE
) -> RefreshToken:
    """The token that a login gives."""
    return RefreshToken(fingerprint(token), family_id, user_id, now + REFRESH_TOKEN_LIFETIME, methods=methods)


def successor_of(spent: RefreshToken, token: str, now: datetime) -> RefreshToken:
    """The token that replaces a spent one, in the same family."""
    return first_of_family(token, spent.family_id, spent.user_id, now, spent.methods)


class Verdict(Enum):
    """What is to be done with a refresh token that somebody shows."""

    SPEND = "spend it and give its successor"
    GIVE_AGAIN = "give its successor again"
    REFUSE = "refuse it"
    REVOKE_FAMILY = "refuse it and end its family"


def judge(token: RefreshToken, now: datetime, given: RefreshToken | None = None) -> Verdict:
    """Decide about a shown token. A spent one ends its family even after its own expiry.

    `given` is the successor that is asked for, if it was given to somebody before.
    """
    if token.family_revoked:
        return Verdict.REFUSE
    if token.spent_at is not None:
        was_lost = given is not None and given.family_id == token.family_id and given.spent_at is None
        return Verdict.GIVE_AGAIN if was_lost and now - token.spent_at <= LOST_ANSWER else Verdict.REVOKE_FAMILY
    return Verdict.SPEND if now < token.expires_at else Verdict.REFUSE


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a login or a refresh gives; `expires_in` is in seconds."""

    access_token: str
    expires_in: int
    refresh_token: str
