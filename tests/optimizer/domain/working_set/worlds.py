"""Universes with a dense covariance: of a sample with or without full rank, with copies, with today's weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from services.optimizer.domain.constraints import Bounds, Constraints, Group
from services.optimizer.domain.covariance import DenseCovariance, FactorCovariance
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.vectors import vector
from tests.optimizer.problems import moments

GOALS = (
    Goal(Objective.SHARPE, risk_free_rate=0.01),
    Goal(Objective.RISK),
    Goal(Objective.UTILITY, risk_aversion=5.0),
    Goal(Objective.RETURN, max_volatility=0.12),
    Goal(Objective.DIVERSIFICATION),
)
BOXES = {
    "long": Bounds(0.0, 0.1),
    "tight": Bounds(0.0, 0.0085),
    "both": Bounds(-0.05, 0.05),
    "offset": Bounds(0.001, 0.1),
}


def sampled(count: int, sessions: int, seed: int = 0) -> Moments:
    """Moments whose covariance is that of a sample: of rank below N if there are fewer sessions than assets."""
    of, random = moments(count, 5, seed), np.random.default_rng(seed)
    assert isinstance(of.covariance, FactorCovariance)
    common = random.normal(size=(sessions, 5)) @ of.covariance.loadings.T
    own = random.normal(size=(sessions, count)) * np.sqrt(of.covariance.specific)
    return replace(of, covariance=DenseCovariance(vector(np.cov((common + own).T))))


def grouped(of: Moments, goal: Goal, box: Bounds, **fields: object) -> Problem:
    """Five groups of at most 30 % each."""
    groups = tuple(Group(f"g{index}", of.symbols[index::5], None, 0.3) for index in range(5))
    return Problem(of, goal, Constraints(default_bounds=box, groups=groups, **fields))  # type: ignore[arg-type]


def held(problem: Problem, seed: int = 0) -> Problem:
    """The same with a tenth of the assets held today, alike."""
    random = np.random.default_rng(seed)
    names = random.choice(problem.symbols, max(5, problem.assets // 10), replace=False)
    return replace(problem, current={str(name): 1 / names.size for name in names})
