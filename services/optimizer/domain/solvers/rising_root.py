"""The root of a rising function, from below: regula falsi with the Illinois rule.

Dowell, M. and Jarratt, P. (1971), "A modified regula falsi method for computing the root of an equation", BIT 11,
168–174.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

MOST_STEPS = 100
WIDEN = 4.0
MOST_WIDENINGS = 25


@dataclass(frozen=True, slots=True)
class Tried(Generic[T]):
    """An argument, the function's value there, and whatever else was found there."""

    at: float
    value: float
    found: T


@dataclass(frozen=True, slots=True)
class Bracket(Generic[T]):
    """The best argument on either side; None where every one that was tried lies on the other side."""

    below: Tried[T] | None
    above: Tried[T] | None


def rising_root(
    function: Callable[[float], tuple[float, T]],
    first: float,
    *,
    most: float = float("inf"),
    tolerance: float = 1e-13,
    stopped: Callable[[], bool] = lambda: False,
) -> Bracket[T]:
    """Close in on where a rising function of positive numbers, at most `most`, reaches zero.

    `below.value` is in [−tolerance, 0] if it has been reached. `function` returns its value and what comes along.
    """
    bracket = _widened(function, min(first, most), most, stopped)
    below, above = bracket.below, bracket.above
    if below is None or above is None:
        return bracket
    low, high, side = below.value, above.value, 0
    for _ in range(MOST_STEPS):
        width = above.at - below.at
        if below.value >= -tolerance or width <= 4e-16 * above.at or stopped():
            break
        at = below.at - low * width / (high - low)
        tried = _tried(function, min(max(at, below.at + 1e-3 * width), above.at - 1e-3 * width))
        if tried.value <= 0:
            high, side = (0.5 * high, -1) if side == -1 else (high, -1)
            below, low = tried, tried.value
        else:
            low, side = (0.5 * low, 1) if side == 1 else (low, 1)
            above, high = tried, tried.value
    return Bracket(below, above)


def _widened(
    function: Callable[[float], tuple[float, T]], first: float, most: float, stopped: Callable[[], bool]
) -> Bracket[T]:
    """Walk from the first argument until the function changes its sign."""
    tried, step = _tried(function, first), WIDEN
    below, above = (tried, None) if tried.value <= 0 else (None, tried)
    for _ in range(MOST_WIDENINGS):
        if (below is not None and above is not None) or stopped() or (above is None and tried.at >= most):
            break
        if below is not None and below.value == 0:
            break
        tried = _tried(function, min(tried.at * step, most) if above is None else tried.at / step)
        below, above = (tried, above) if tried.value <= 0 else (below, tried)
        step *= 2.0
    return Bracket(below, above)


def _tried(function: Callable[[float], tuple[float, T]], at: float) -> Tried[T]:
    value, found = function(at)
    return Tried(at, value, found)
