"""What is written down of everything that is done to accounts and portfolios, and how it is chained.

Each link's code is HMAC-SHA256(key, code of the link before ‖ all that is stored of this one), so that nobody without
the key can change, remove, exchange or put in a link and have the codes agree. That the last links were cut off is told
by a head, a number and its code, that lies elsewhere.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

OK: Final = "OK"
BEGINNING: Final = bytes(32)  # what the first link follows
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIXED = struct.Struct(">qqq6I")


class Action(StrEnum):
    """What was done, or tried."""

    USER_LOGIN = "user_login"
    USER_LOGOUT = "user_logout"
    USER_REGISTER = "user_register"
    USER_DELETE = "user_delete"
    PORTFOLIO_CREATE = "portfolio_create"
    PORTFOLIO_MODIFY = "portfolio_modify"
    OPTIMIZATION_RUN = "optimization_run"
    ADMIN_ACTION = "admin_action"
    CALL = "call"
    SECOND_FACTOR_ON = "second_factor_on"
    SECOND_FACTOR_OFF = "second_factor_off"
    RECOVERY_CODE_USE = "recovery_code_use"
    API_KEY_CREATE = "api_key_create"
    API_KEY_DELETE = "api_key_delete"
    USER_EXPORT = "user_export"
    SECURITY_ALARM = "security_alarm"


@dataclass(frozen=True, slots=True)
class Entry:
    """What was done, by whom, from where and with what result: OK, or the reason of a refusal."""

    id: str
    occurred_at: datetime
    user_id: str
    action: Action
    resource: str
    ip_address: str
    user_agent: str
    result: str
    method: str = ""  # of a refused call


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as it lies in the store: what is searched for in clear, the rest sealed."""

    id: str
    occurred_at: datetime
    user_id: str
    action: str
    result: str
    key_id: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """A stored entry in its place."""

    seq: int
    recorded_at: datetime
    entry: Stored
    code: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a chain: its number and its code."""

    seq: int
    code: bytes


START: Final = Head(0, BEGINNING)


class ChainBroken(Exception):
    """A link is not as it was written."""

    def __init__(self, seq: int, problem: str) -> None:
        """`seq` is the first number whose link is wrong or missing."""
        super().__init__(f"audit event {seq}: {problem}")
        self.seq, self.problem = seq, problem


def code_of(key: bytes, before: bytes, seq: int, recorded_at: datetime, entry: Stored) -> bytes:
    """The link's code, 32 bytes. The lengths of its parts come first, so that no two links read alike."""
    texts = (entry.id, entry.user_id, entry.action, entry.result, entry.key_id)
    parts = (*(text.encode() for text in texts), entry.sealed)
    times = (_microseconds(recorded_at), _microseconds(entry.occurred_at))
    return hmac.digest(key, before + _FIXED.pack(seq, *times, *map(len, parts)) + b"".join(parts), "sha256")


def chained(key: bytes, head: Head, entries: Iterable[Stored], now: datetime) -> list[Link]:
    """Entries as the links behind a head."""
    links, before = list[Link](), head.code
    for seq, entry in enumerate(entries, head.seq + 1):
        before = code_of(key, before, seq, now, entry)
        links.append(Link(seq, now, entry, before))
    return links


@dataclass(slots=True)
class Verifier:
    """Follows a chain from a head on, link by link; `heads` are codes that are known from elsewhere, by number."""

    key: bytes
    at: Head
    heads: Mapping[int, bytes] = field(default_factory=dict)

    def follow(self, links: Iterable[Link]) -> None:
        """Goes on over the next links; raises ChainBroken at the first that is wrong."""
        for link in links:
            expected = self.at.seq + 1
            if link.seq != expected:
                raise ChainBroken(expected, "it is missing")
            code = code_of(self.key, self.at.code, link.seq, link.recorded_at, link.entry)
            if not hmac.compare_digest(code, link.code):
                raise ChainBroken(expected, "it is not as it was written, or the one before it is another")
            if self.heads.get(expected, code) != code:
                raise ChainBroken(expected, "it is not the one whose head was signed")
            self.at = Head(expected, code)

    def finish(self) -> None:
        """Raises ChainBroken if the chain ends before a head that is known from elsewhere."""
        if self.heads and max(self.heads) > self.at.seq:
            raise ChainBroken(self.at.seq + 1, "it is missing, and all behind it")


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
