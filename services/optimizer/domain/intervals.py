"""Between what the ratio and the return of found weights lie, and how that was found."""

from __future__ import annotations

from dataclasses import dataclass

from services.optimizer.domain.bootstrap import resampled
from services.optimizer.domain.interval import Interval, mean_interval, sharpe_interval
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.vectors import Vector

LO = "lo_2002"
BOOTSTRAP = "stationary_bootstrap"


@dataclass(frozen=True, slots=True)
class Intervals:
    """95 % each; absent both, for one reason, or none."""

    sharpe: Interval | None = None
    mean: Interval | None = None
    method: str = ""
    absent_because: str = ""


def intervals(problem: Problem, weights: Vector, *, sharpe: float, mean: float, volatility: float) -> Intervals:
    """From resampled returns if draws are asked for and there are returns; else from the moments (Lo 2002)."""
    draws, scenarios = problem.bootstrap_draws, problem.moments.scenarios
    if volatility == 0:
        return Intervals(absent_because="the weights carry no risk, so that they have no Sharpe ratio")
    if draws > 0 and scenarios is not None:
        found = resampled(scenarios @ weights, problem.goal.risk_free_rate, problem.seed, draws)
        if found is not None:
            method = f"{BOOTSTRAP}: mean block {found.block:.1f} sessions, {found.draws} draws"
            return Intervals(found.sharpe, found.mean, method)
    observations = problem.moments.observations
    if observations < 2:
        return Intervals(absent_because="no returns: the moments were sent along without observations")
    return Intervals(sharpe_interval(sharpe, observations), mean_interval(mean, volatility, observations), LO)
