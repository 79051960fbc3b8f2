"""The confidence intervals of a Sharpe ratio and of a mean return, where returns do not depend on each other.

Lo, A. W. (2002), "The Statistics of Sharpe Ratios", Financial Analysts Journal 58(4), 36–52: for independent,
identically distributed returns the estimated ratio SR per period is asymptotically normal with

    SE = √((1 + ½ SR²) / T).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from services.optimizer.domain.moments import SESSIONS_PER_YEAR

Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Interval:
    """From lower to upper."""

    lower: float
    upper: float


def sharpe_interval(annual_sharpe: float, observations: int) -> Interval:
    """The 95 % interval of an annual Sharpe ratio estimated from T session returns.

    The standard error is that of the ratio per session, SR/√252; the interval is scaled back by √252.
    """
    year = math.sqrt(SESSIONS_PER_YEAR)
    session = annual_sharpe / year
    half_width = Z_95 * math.sqrt((1 + 0.5 * session**2) / observations) * year
    return Interval(annual_sharpe - half_width, annual_sharpe + half_width)


def mean_interval(annual_mean: float, annual_volatility: float, observations: int) -> Interval:
    """The 95 % interval of an annual mean estimated from T session returns: the mean's standard error is σ/√T."""
    half_width = Z_95 * annual_volatility * math.sqrt(SESSIONS_PER_YEAR / observations)
    return Interval(annual_mean - half_width, annual_mean + half_width)
