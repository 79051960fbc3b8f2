"""How a portfolio is run: what it may hold, what for, and from which prices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from services.portfolio.domain.costs import Costs
from services.portfolio.domain.mandate import Goal


class ExpectedReturn(StrEnum):
    """How expected returns are estimated."""

    SAMPLE = "sample"
    EXPONENTIAL = "exponential"
    SHRUNK = "shrunk"


class Covariance(StrEnum):
    """How the covariance of returns is estimated."""

    SAMPLE = "sample"
    LEDOIT_WOLF = "ledoit_wolf"
    EXPONENTIAL = "exponential"
    PCA_FACTORS = "pca_factors"
    RMT_DENOISED = "rmt_denoised"


@dataclass(frozen=True, slots=True)
class Estimation:
    """How moments are estimated; None and 0 leave the choice to the estimator."""

    expected_return: ExpectedReturn | None = None
    covariance: Covariance | None = None
    lookback: int = 0  # sessions
    half_life: float = 0.0  # sessions
    factors: int = 0
    end: date | None = None  # last session of the window; None: the dataset's last


@dataclass(frozen=True, slots=True)
class Strategy:
    """Goal, universe (symbols), the dataset of their prices, how to estimate from it, and what trading costs."""

    goal: Goal = field(default_factory=Goal)
    universe: tuple[str, ...] = ()
    dataset: str = ""
    estimation: Estimation = field(default_factory=Estimation)
    costs: Costs | None = None  # None: nothing is said, and nothing costs anything
