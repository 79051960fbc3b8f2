"""How long a measurement may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """`rounds` of about `seconds` each."""

    rounds: int
    seconds: float
    callers: tuple[int, ...] = (1, 10, 100)


FULL = Scale(rounds=5, seconds=2.0)
QUICK = Scale(rounds=1, seconds=0.3)
