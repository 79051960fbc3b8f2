"""The options that say how intervals are found."""

from dataclasses import dataclass

from cyclopts import Group, Parameter

_INTERVALS = Group("Intervals", sort_key=16)


@Parameter(name="*", group=_INTERVALS)
@dataclass(frozen=True, kw_only=True)
class ResamplingOptions:
    """How the intervals of return and Sharpe ratio are found."""

    bootstrap_draws: int = 0
    """From so many resamples of the returns, at most 10,000; 0: from the moments, as if returns were independent."""
    seed: int = 0
    """Seed of whatever is drawn: equal seeds draw alike."""


NO_RESAMPLING = ResamplingOptions()
