"""How often passwords may be tried, and keys exchanged."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How many attempts count, in words such as `10 per 15 minutes`."""

    account: str
    address: str
    everybody: str
    key: str
