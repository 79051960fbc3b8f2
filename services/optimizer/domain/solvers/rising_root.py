"""Where a rising ratio is one, from below: regula falsi with the Illinois rule, on logarithms.

Risks and rewards of portfolios are nearly powers of the price that is searched for, so that the logarithm of the ratio
is nearly linear in that of the price.

Dowell, M. and Jarratt, P. (1971), "A modified regula falsi method for computing the root of an equation", BIT 11,
168–174.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

MOST_STEPS = 100
MOST_WIDENINGS = 30
# How far a step away from the first argument goes, on logarithms; then, beyond where a line through two tries crosses.
SHORTEST, LONGEST = math.log(1.02), math.log(64.0)
BEYOND = 1.2
FARTHEST = math.log(1e12)


@dataclass(frozen=True, slots=True)
class Tried(Generic[T]):
    """The logarithms of an argument and of the ratio there, and whatever else was found there."""

    at: float
    value: float
    found: T


@dataclass(frozen=True, slots=True)
class Bracket(Generic[T]):
    """The best argument on either side; None where every one that was tried lies on the other side."""

    below: Tried[T] | None
    above: Tried[T] | None


def rising_root(
    ratio: Callable[[float], tuple[float, T]],
    first: float,
    *,
    most: float = math.inf,
    tolerance: float = 1e-13,
    stopped: Callable[[], bool] = lambda: False,
) -> Bracket[T]:
    """Close in on where a rising ratio of positive numbers, at most `most`, reaches one.

    `below.value` is in [−tolerance, 0] if it has been reached. `ratio` returns its value and what comes along.
    """

    def tried(at: float) -> Tried[T]:
        value, found = ratio(math.exp(at))
        return Tried(at, math.log(value) if value > 0 else -math.inf, found)

    bracket = _widened(tried, math.log(min(first, most)), math.log(most), stopped)
    below, above = bracket.below, bracket.above
    if below is None or above is None:
        return bracket
    # What is aimed at lies within the tolerance, so that a step that hits it ends below.
    low, high, side = _finite(below.value) + 0.5 * tolerance, _finite(above.value) + 0.5 * tolerance, 0
    for _ in range(MOST_STEPS):
        width = above.at - below.at
        if below.value >= -tolerance or width <= 4e-16 * max(1.0, abs(above.at)) or stopped():
            break
        at = below.at - low * width / (high - low)
        new = tried(min(max(at, below.at + 1e-6 * width), above.at - 1e-6 * width))
        if new.value <= 0:
            high, side = (0.5 * high, -1) if side == -1 else (high, -1)
            below, low = new, _finite(new.value) + 0.5 * tolerance
        else:
            low, side = (0.5 * low, 1) if side == 1 else (low, 1)
            above, high = new, _finite(new.value) + 0.5 * tolerance
    return Bracket(below, above)


def _widened(tried: Callable[[float], Tried[T]], first: float, most: float, stopped: Callable[[], bool]) -> Bracket[T]:
    """Walk from the first argument until the ratio crosses one."""
    new = tried(first)
    step = _within(2 * abs(new.value))
    below, above = (new, None) if new.value <= 0 else (None, new)
    for _ in range(MOST_WIDENINGS):
        if (below is not None and above is not None) or stopped() or (above is None and new.at >= most):
            break
        if (below is not None and below.value == 0) or abs(new.at - first) > FARTHEST:
            break
        last, new = new, tried(min(new.at + step, most) if above is None else new.at - step)
        below, above = (new, above) if new.value <= 0 else (below, new)
        step = _beyond(last, new, step)
    return Bracket(below, above)


def _beyond(last: Tried[T], new: Tried[T], step: float) -> float:
    """How much farther the line through two tries crosses one, and a bit; twice as far where there is no such line."""
    rise = abs(_finite(new.value) - _finite(last.value))
    if rise == 0 or math.isinf(last.value) or math.isinf(new.value):
        return 2 * step
    return _within(BEYOND * abs(new.value) * abs(new.at - last.at) / rise)


def _within(step: float) -> float:
    return min(max(step, SHORTEST), LONGEST)


def _finite(value: float) -> float:
    return min(max(value, -FARTHEST), FARTHEST)
