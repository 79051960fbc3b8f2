"""How long a measurement may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """`rounds` of about `seconds` each, after at least `warm_up` calls that are not counted."""

    rounds: int
    seconds: float
    callers: tuple[int, ...]
    warm_up: int


FULL = Scale(rounds=11, seconds=0.8, callers=(1, 10, 100), warm_up=100)
QUICK = Scale(rounds=1, seconds=0.1, callers=(1, 10), warm_up=4)
