"""A second factor: the codes of an authenticator app (RFC 6238), and recovery codes for when it is lost.

A code of the app counts for its step of 30 s, one early or late, and no step counts that is not newer than the last
that did: whoever saw a code being typed cannot use it too. A recovery code counts once. Only the SHA-256 of one is
kept: at 120 random bits there is nothing to guess, and a slow hash would buy nothing.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

PASSWORD_ALONE: Final = ("pwd",)
WITH_CODE: Final = ("pwd", "otp")
# How long a secret that was given out waits for its first code.
TIME_TO_CONFIRM: Final = timedelta(minutes=15)
RECOVERY_CODES: Final = 10
_RECOVERY_BYTES: Final = 15
_GROUP: Final = 4
_APP_CODE: Final = re.compile(r"[0-9]{6}")
_UNSAID: Final = re.compile(r"[\s-]")


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """An account's second factor; `secret` is in base32."""

    user_id: str
    tenant_id: str
    secret: str = field(repr=False)
    begun_at: datetime
    confirmed_at: datetime | None = None

    @property
    def is_on(self) -> bool:
        """Whether a login wants a code."""
        return self.confirmed_at is not None

    def may_be_confirmed(self, now: datetime) -> bool:
        """Whether its first code would switch it on."""
        return not self.is_on and now - self.begun_at <= TIME_TO_CONFIRM


def plain(code: str) -> str:
    """A code as it is compared: without blanks and hyphens, in upper case."""
    return _UNSAID.sub("", code).upper()


def is_of_app(code: str) -> bool:
    """Whether a plain code looks like one of an app; all others are recovery codes, or nothing."""
    return _APP_CODE.fullmatch(code) is not None


def new_recovery_codes(random: Callable[[int], bytes]) -> list[str]:
    """Ten codes of 120 random bits: 24 letters and digits in groups of four. `random` gives so many bytes."""
    return [_grouped(base64.b32encode(random(_RECOVERY_BYTES)).decode()) for _ in range(RECOVERY_CODES)]


def fingerprint(user_id: str, code: str) -> bytes:
    """What is stored of an account's recovery code: the SHA-256 of both, 32 bytes."""
    return hashlib.sha256(f"{user_id}\0{plain(code)}".encode()).digest()


def _grouped(text: str) -> str:
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))
