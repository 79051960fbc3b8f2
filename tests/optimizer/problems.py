"""Portfolio problems for tests: seeded, small, feasible unless they say otherwise."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from services.optimizer.domain.constraints import Bounds, Constraints, Group
from services.optimizer.domain.covariance import DenseCovariance, FactorCovariance
from services.optimizer.domain.engine import Control, Progress
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.vectors import vector


def symbols(count: int) -> tuple[str, ...]:
    return tuple(f"S{index:03d}" for index in range(count))


def moments(
    count: int = 12, factors: int = 3, seed: int = 0, *, dense: bool = False, observations: int = 756
) -> Moments:
    """Random moments of a plausible size: volatilities of 15 to 40 % a year, returns around 8 %."""
    random = np.random.default_rng(seed)
    loadings = random.normal(size=(count, factors)) * 0.12
    specific = random.uniform(0.01, 0.08, count)
    expected = random.normal(0.08, 0.06, count)
    covariance = (
        DenseCovariance(loadings @ loadings.T + np.diag(specific)) if dense else FactorCovariance(loadings, specific)
    )
    return Moments(symbols(count), vector(expected), covariance, observations)


def problem(
    goal: Goal | None = None, constraints: Constraints | None = None, *, of: Moments | None = None, **fields: object
) -> Problem:
    return replace(
        Problem(of or moments(), goal or Goal(), constraints or Constraints()),
        **fields,  # type: ignore[arg-type]
    )


def control(
    report: Callable[[Progress], None] = lambda progress: None,
    seconds: float = 30.0,
    cancelled: Callable[[], bool] = lambda: False,
) -> Control:
    return Control(time.monotonic, time.monotonic() + seconds, cancelled, report)


def equal_weights(count: int) -> dict[str, float]:
    return dict.fromkeys(symbols(count), 1 / count)


GOALS = (
    Goal(Objective.SHARPE, risk_free_rate=0.01),
    Goal(Objective.RETURN),
    Goal(Objective.RETURN, max_volatility=0.16),
    Goal(Objective.RISK),
    Goal(Objective.RISK, min_return=0.08),
    Goal(Objective.UTILITY, risk_aversion=4.0),
)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Feasible problems of every goal and constraint, around equal weights."""
    count = draw(st.integers(2, 14))
    of = moments(count, draw(st.integers(1, 3)), draw(st.integers(0, 10_000)), dense=draw(st.booleans()))
    center = np.full(count, 1 / count)
    members = tuple(sorted(draw(st.sets(st.sampled_from(of.symbols), min_size=1))))
    share = len(members) / count
    slack = st.floats(0.02, 0.5)
    low, high = (0.0, 1.0) if draw(st.booleans()) else (-draw(slack), 1 / count + draw(slack))
    constraints = Constraints(
        min_budget=draw(st.sampled_from([1.0, 0.4])),
        max_budget=1.0,
        default_bounds=Bounds(low, high),
        bounds={of.symbols[0]: Bounds(center[0] / 2, center[0] * 1.5)} if draw(st.booleans()) else {},
        groups=(Group("g", members, share - draw(slack), share + draw(slack)),) if draw(st.booleans()) else (),
        max_turnover=draw(st.none() | st.floats(0.05, 0.8)),
    )
    goal = draw(st.sampled_from(GOALS))
    at_center = Problem(of, goal, constraints, equal_weights(count))
    return replace(at_center, goal=_within_reach(at_center, center))


def _within_reach(at_center: Problem, center: np.ndarray) -> Goal:
    """The goal, its limits moved so that equal weights meet them."""
    goal = at_center.goal
    expected = float(at_center.moments.expected_returns @ center)
    size = float(np.sqrt(center @ at_center.moments.covariance.times(center)))
    return replace(
        goal,
        min_return=None if goal.min_return is None else expected - 0.005,
        max_volatility=None if goal.max_volatility is None else size * 1.05,
        risk_free_rate=expected - 0.02 if goal.objective is Objective.SHARPE else 0.0,
    )
