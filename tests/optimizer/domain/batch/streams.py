"""Streams of portfolios for tests: a header, and numbers that set its portfolios apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from services.optimizer.domain.batch.answers import Answers
from services.optimizer.domain.batch.frame import Frame, Numbers, numbers_of, parts_of
from services.optimizer.domain.batch.sweep import Sweep
from services.optimizer.domain.constraints import Constraints, Group, LinearLimit
from services.optimizer.domain.costs import Costs
from services.optimizer.domain.goal import Goal, Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.choosing import ChoosingEngine
from tests.optimizer.problems import control, moments, symbols

ASSETS, FACTORS, ROWS = 12, 3, 2
ENGINE = ChoosingEngine()
UTILITY, RISK = Goal(Objective.UTILITY, risk_aversion=5.0), Goal(Objective.RISK)
LIMITS = Constraints(
    groups=(Group("technology", symbols(12)[:5], max=0.6),),
    rows=(LinearLimit("duration", {"S006": 2.0, "S007": 1.0}, max=0.5),),
)
COSTS = Costs(
    commission=0.001,
    half_spread=0.0005,
    impact=0.5,
    portfolio_value=1e6,
    average_daily_values=dict.fromkeys(symbols(12), 1e7),
    borrow=0.02,
)


def header(
    goal: Goal = UTILITY,
    constraints: Constraints = LIMITS,
    costs: Costs | None = None,
    *,
    seed: int = 0,
    dense: bool = False,
) -> Problem:
    """What a stream shares, over a universe of twelve assets."""
    of = moments(ASSETS, FACTORS, seed, dense=dense)
    return Problem(of, goal, constraints, costs=costs or Costs())


def frame(count: int, *fields: str, seed: int = 0) -> Frame:
    """Random portfolios that are all feasible; only the named fields are sent."""
    random = np.random.default_rng(seed)
    holdings = random.dirichlet(np.ones(ASSETS), count)
    drawn = {
        "mu_tilts": random.normal(0, 0.03, (count, ASSETS)),
        "lower": np.where(random.random((count, ASSETS)) < 0.2, 0.02, 0.0),
        "upper": random.uniform(0.25, 1.0, (count, ASSETS)),
        "holdings": holdings,
        "row_caps": np.column_stack([random.uniform(0.4, 0.9, count), random.uniform(0.3, 0.9, count)]),
        "risk_aversions": np.exp(random.uniform(np.log(1), np.log(30), count)),
        "caps": random.uniform(0.3, 0.9, count),
        "commissions": random.uniform(0, 0.004, count),
        "portfolio_values": np.exp(random.uniform(np.log(1e4), np.log(1e8), count)),
    }
    return Frame(count, **{field: drawn[field].astype("<f8").tobytes() for field in fields})


def numbers(of: Frame) -> Numbers:
    """Through the bytes that a worker gets."""
    return numbers_of(bytearray(b"".join(parts_of(of))), ASSETS, ROWS)


def swept(problem: Problem, of: Frame, **options: bool) -> Answers:
    """All portfolios of a frame."""
    return Sweep(problem).solve(numbers(of), ENGINE, control(), **options)


def spoiled(of: Frame, field: str, index: int, value: float) -> Frame:
    """One portfolio's first number of a field is another."""
    width = len(getattr(of, field)) // 8 // of.count
    changed = np.frombuffer(getattr(of, field), "<f8").reshape(of.count, width).copy()
    changed[index, 0] = value
    return replace(of, **{field: changed.tobytes()})
