"""What is asked for: methods, window and parameters, with their defaults and limits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from services.ml.domain.errors import InvalidSpec

SESSIONS_PER_YEAR = 252
# Below 30 observations even a single variance has a relative standard error √(2/(T−1)) above a quarter.
LEAST_SESSIONS = 30
# At a half-life of one session the effective number of observations is 3; below, the weights are one session's.
LEAST_HALF_LIFE = 1.0
DEFAULT_LOOKBACK = 756
DEFAULT_HALF_LIFE = 126.0
DEFAULT_FACTORS = 10


class ExpectedReturnMethod(Enum):
    """How μ is estimated."""

    SAMPLE = "sample"
    EXPONENTIAL = "exponential"
    SHRUNK = "shrunk"


class CovarianceMethod(Enum):
    """How Σ is estimated."""

    SAMPLE = "sample"
    LEDOIT_WOLF = "ledoit_wolf"
    EXPONENTIAL = "exponential"
    PCA_FACTORS = "pca_factors"
    RMT_DENOISED = "rmt_denoised"


@dataclass(frozen=True, slots=True)
class Spec:
    """An estimation's specification; `factors` 0 is still to be chosen from the size of the universe."""

    expected_return: ExpectedReturnMethod = ExpectedReturnMethod.SAMPLE
    covariance: CovarianceMethod = CovarianceMethod.LEDOIT_WOLF
    lookback: int = DEFAULT_LOOKBACK
    half_life: float = DEFAULT_HALF_LIFE
    factors: int = 0
    end: date | None = None

    @property
    def sessions_needed(self) -> int:
        """The fewest common sessions to estimate from: 30, and K + 1 for K principal components."""
        if self.covariance is CovarianceMethod.PCA_FACTORS:
            return max(LEAST_SESSIONS, self.factors + 1)
        return LEAST_SESSIONS

    def checked(self) -> Spec:
        """This specification; raises InvalidSpec if no returns whatsoever could satisfy it."""
        if self.lookback < self.sessions_needed:
            raise InvalidSpec("lookback", f"must be at least {self.sessions_needed} sessions, or 0 for the default")
        if self.half_life < LEAST_HALF_LIFE:
            raise InvalidSpec("half_life", f"must be at least {LEAST_HALF_LIFE:g} session, or 0 for the default")
        return self

    def for_universe(self, assets: int) -> Spec:
        """This specification with the number of factors chosen; raises InvalidSpec if it exceeds the assets."""
        if self.factors == 0:
            return replace(self, factors=max(1, min(DEFAULT_FACTORS, assets // 2)))
        if self.covariance is CovarianceMethod.PCA_FACTORS and self.factors > assets:
            raise InvalidSpec("factors", f"must not exceed the number of assets, {assets}")
        return self
