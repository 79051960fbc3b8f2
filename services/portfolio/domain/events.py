"""What can happen to a portfolio."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.portfolio.domain.portfolio import Portfolio
from services.portfolio.domain.rebalance import Rebalance


@dataclass(frozen=True, slots=True)
class Created:
    """It was opened."""

    portfolio: Portfolio


@dataclass(frozen=True, slots=True)
class Modified:
    """Its name, strategy or constraints were changed; `portfolio` is as after it."""

    portfolio: Portfolio


@dataclass(frozen=True, slots=True)
class Rebalanced:
    """Its holdings were moved to the optimum of its strategy."""

    rebalance: Rebalance


@dataclass(frozen=True, slots=True)
class Deleted:
    """It was deleted; `portfolio` is as it was last."""

    portfolio: Portfolio
    at: datetime


Happening = Created | Modified | Rebalanced | Deleted
