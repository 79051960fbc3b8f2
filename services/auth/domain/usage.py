"""How a user used the platform in a minute, and the numbers by which such minutes are compared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Final


@dataclass(frozen=True, slots=True)
class Usage:
    """Counts of a user's calls that ended within a minute (UTC), and of what the audit trail has of the hour up to it.

    `refused`, `invalid` and `not_found` are calls that were answered so; `writes` those that the contract does not call
    free of effects; `methods` and `addresses` how many different ones; `bytes_in` the size of the requests.
    """

    user_id: str
    minute: datetime
    calls: int
    refused: int
    invalid: int
    not_found: int
    writes: int
    bytes_in: int
    methods: int
    addresses: int
    logins: int
    refusals: int
    admin_actions: int


FEATURES: Final = (
    "log_calls",  # ln(1 + calls)
    "methods",  # how many different ones
    "refused",  # share of the calls, 0 to 1, as the next two
    "invalid",
    "not_found",
    "addresses",  # how many different ones
    "log_bytes",  # ln(1 + bytes in)
    "writes",  # share of the calls
    "hour_sine",  # of the minute's time of day, UTC, as an angle
    "hour_cosine",
    "logins",  # of the hour, as the next two
    "refusals",
    "admin_actions",
)
_DAY: Final = 24 * 60  # minutes


def features(usage: Usage) -> tuple[float, ...]:
    """The numbers of a minute, in the order of FEATURES."""
    angle = 2 * math.pi * (usage.minute.hour * 60 + usage.minute.minute) / _DAY
    return (
        math.log1p(usage.calls),
        float(usage.methods),
        usage.refused / usage.calls,
        usage.invalid / usage.calls,
        usage.not_found / usage.calls,
        float(usage.addresses),
        math.log1p(usage.bytes_in),
        usage.writes / usage.calls,
        math.sin(angle),
        math.cos(angle),
        float(usage.logins),
        float(usage.refusals),
        float(usage.admin_actions),
    )
