"""Security events, and the policy by which a finding becomes one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Kind(StrEnum):
    """What was noticed."""

    REFRESH_TOKEN_REUSED = "refresh_token_reused"  # noqa: S105 - a name
    ACCOUNT_CLOSED = "account_closed"
    PASSWORDS_GUESSED = "passwords_guessed"
    AUDIT_BROKEN = "audit_broken"
    ANOMALY = "anomaly"
    SQL_INJECTION = "sql_injection"
    USER_BLOCKED = "user_blocked"


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """Something that looks like an attack. Of one kind, `key` comes about once: what repeats it is not told again."""

    id: str
    occurred_at: datetime
    kind: Kind
    key: str
    user_id: str = ""
    subject: str = ""
    ip_address: str = ""
    detail: str = ""


class Response(StrEnum):
    """What is done about a finding."""

    OBSERVE = "observe"
    ALARM = "alarm"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules by which a finding becomes an alarm; `version` 0 is the one that nobody has changed yet."""

    anomaly_action: Response = Response.ALARM
    anomaly_score: float = 0.6
    consecutive_minutes: int = 3
    least_calls: int = 20
    injection_action: Response = Response.ALARM
    block_minutes: int = 15
    version: int = 0
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """A minute of a user's, judged: how unusual of 0 to 1, and whether the forest's own threshold calls it so."""

    calls: int
    score: float
    unusual: bool


def is_anomaly(policy: Policy, latest: Sequence[Scored]) -> bool:
    """Whether a user's latest minutes with calls are an anomaly: as many as the policy asks for, all of them."""
    asked = latest[: policy.consecutive_minutes]
    return len(asked) == policy.consecutive_minutes and all(
        minute.unusual and minute.score >= policy.anomaly_score and minute.calls >= policy.least_calls
        for minute in asked
    )


def hourly(who: str, moment: datetime) -> str:
    """The key of what is told once an hour about somebody."""
    return f"{who} {moment:%Y-%m-%dT%H}"


def block_end(policy: Policy, now: datetime) -> datetime:
    """Until when a user who is shut out now stays so."""
    return now + timedelta(minutes=policy.block_minutes)
