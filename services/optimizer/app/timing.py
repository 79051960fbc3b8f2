"""Time budgets: a solve ends before the call that waits for it does."""

from __future__ import annotations

from collections.abc import Callable

SecondsLeft = Callable[[], float | None]
"""Until the deadline of the call; None: it has none."""

# What encoding and sending the answer may take, in seconds.
MARGIN = 0.05


def budget(wanted_ms: int, seconds_left: float | None) -> float:
    """Seconds that a solve may take: what its stop rule allows, but never past the call's deadline."""
    wanted = wanted_ms / 1000
    return wanted if seconds_left is None else max(0.0, min(wanted, seconds_left - MARGIN))
