"""Intervals of a mean return and a Sharpe ratio from resampled returns, which may depend on each other in time.

Politis, D. N. and Romano, J. P. (1994), "The stationary bootstrap", Journal of the American Statistical Association
89(428), 1303–1313: a resample is made of blocks of the series, joined at its ends to a circle, which begin anywhere and
have geometric lengths. The interval holds the middle 95 % of what the resamples show.

Only sums of returns and of their squares are needed, which are differences of running sums: a resample costs as many
steps as it has blocks rather than returns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.optimizer.domain.block_length import block_length
from services.optimizer.domain.interval import Interval
from services.optimizer.domain.moments import SESSIONS_PER_YEAR
from services.optimizer.domain.vectors import Vector

DEFAULT_DRAWS = 1000
_TAILS = (2.5, 97.5)
# So many blocks are drawn at once, in 16 MB.
_AT_ONCE = 500_000


@dataclass(frozen=True, slots=True)
class Resampled:
    """What the resamples show, per year."""

    sharpe: Interval
    mean: Interval
    block: float
    """The blocks' mean length, in sessions."""
    draws: int


def resampled(returns: Vector, risk_free_rate: float, seed: int, draws: int = DEFAULT_DRAWS) -> Resampled | None:
    """95 % of the annual Sharpe ratio and mean of T simple returns per session; None if they do not vary."""
    # Taken off, so that a sum of squares loses no digits to a mean that is large beside the deviations.
    middle = float(returns.mean())
    series = returns - middle
    if returns.size < 2 or float(np.abs(series).max()) <= 1e-15 * max(1.0, abs(middle)):
        return None
    length, count = block_length(returns), returns.size
    sums, squares = _sums(series, length, seed, draws)
    means = sums / count
    variances = np.maximum(squares / count - means**2, 0.0) * (count / (count - 1))
    excess = means + middle - risk_free_rate / SESSIONS_PER_YEAR
    # A resample may be of one return alone: its ratio counts as the largest that is finite, on the side of its excess.
    deviations = np.sqrt(np.maximum(variances, np.finfo(float).tiny))
    ratios = math.sqrt(SESSIONS_PER_YEAR) * excess / deviations
    return Resampled(_middle(ratios), _middle(SESSIONS_PER_YEAR * (means + middle)), length, draws)


def _middle(values: Vector) -> Interval:
    lower, upper = np.percentile(values, _TAILS)
    return Interval(float(lower), float(upper))


def _sums(series: Vector, length: float, seed: int, draws: int) -> tuple[Vector, Vector]:
    """Σr and Σr² of each draw."""
    random, circle = np.random.Generator(np.random.PCG64(seed)), _Circle(series, length)
    at_once = max(1, _AT_ONCE // circle.blocks)
    parts = [circle.drawn(random, min(at_once, draws - begin)) for begin in range(0, draws, at_once)]
    both = np.concatenate(parts)
    return both.real, both.imag


class _Circle:
    """A series whose end is joined to its beginning, ready to be cut into blocks.

    The real part of its numbers is r and the imaginary one r², so that both are fetched at once.
    """

    def __init__(self, series: Vector, length: float) -> None:
        self._count, self._length = series.size, length
        self._once = series + 1j * series**2
        self._running = np.concatenate([[0.0], np.cumsum(np.concatenate([self._once, self._once]))])
        often = series.size / length
        # Enough to fill a draw but once in billions of draws, where the last one is longer.
        self.blocks = math.ceil(min(series.size, often + 7.0 * math.sqrt(often) + 7.0))

    def drawn(self, random: np.random.Generator, draws: int) -> NDArray[np.complex128]:
        """Σr + i Σr² of so many draws."""
        begins = random.integers(self._count, size=(draws, self.blocks), dtype=np.uint32).astype(np.int32)
        if self._length == 1.0:
            return np.asarray(self._once.take(begins).sum(axis=1))
        ends = random.geometric(1.0 / self._length, begins.shape).cumsum(axis=1)
        np.minimum(ends, self._count, out=ends)
        ends[:, -1] = self._count
        stops = begins + np.diff(ends, axis=1, prepend=0)
        return np.asarray(self._running.take(stops).sum(axis=1) - self._running.take(begins).sum(axis=1))
