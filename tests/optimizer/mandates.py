"""Problems of every goal that is a program, with every limit and cost, around a portfolio that keeps them all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from services.optimizer.domain.constraints import Bounds, Constraints, CvarLimit, FactorLimit, LinearLimit
from services.optimizer.domain.costs import Costs
from services.optimizer.domain.covariance import FactorCovariance
from services.optimizer.domain.goal import RISKS, Goal, Objective
from services.optimizer.domain.moments import Moments
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.vectors import vector
from tests.optimizer.oracle import sigma
from tests.optimizer.problems import moments

PROGRAMS = (
    Objective.SHARPE,
    Objective.DIVERSIFICATION,
    Objective.RETURN,
    Objective.RISK,
    Objective.UTILITY,
    Objective.TRACKING_ERROR,
    Objective.ACTIVE_UTILITY,
    Objective.CVAR,
)


def with_scenarios(of: Moments, count: int, seed: int = 0) -> Moments:
    """Fat-tailed returns per session of about the moments' size."""
    random = np.random.default_rng(seed)
    root = np.linalg.cholesky(sigma(Problem(of)))
    drawn = random.standard_t(4, size=(count, len(of.symbols))) @ root.T / np.sqrt(2 * 252)
    return replace(of, scenarios=vector(drawn + of.expected_returns / 252))


def worst_mean(scenarios: np.ndarray, confidence: float, weights: np.ndarray) -> float:
    """CVaR as Rockafellar and Uryasev write it: its least α is one of the losses."""
    losses = -(scenarios @ weights)
    return float(min(a + np.maximum(losses - a, 0).mean() / (1 - confidence) for a in losses))


def mandate(seed: int, objective: Objective | None = None, count: int | None = None) -> Problem:
    """A feasible problem: whatever is limited is limited around the middle between benchmark and current weights."""
    random = np.random.default_rng(seed)
    count = count or int(random.integers(2, 30))
    of = moments(count, int(random.integers(1, 4)), seed, dense=bool(random.random() < 0.5))
    of = with_scenarios(of, int(random.integers(20, 200)), seed)
    benchmark, start = random.dirichlet(np.ones(count)), random.dirichlet(np.ones(count))
    center = 0.5 * (benchmark + start)
    objective = objective or PROGRAMS[seed % len(PROGRAMS)]

    def often(share: float) -> bool:
        return bool(random.random() < share)

    def size(weights: np.ndarray) -> float:
        return float(np.sqrt(weights @ of.covariance.times(weights)))

    goal = Goal(
        objective,
        risk_free_rate=0.01 if often(0.7) else 0.0,
        risk_aversion=float(random.uniform(1, 10)),
        min_return=float(of.expected_returns @ center) - 1e-3 if objective in RISKS and often(0.5) else None,
        max_volatility=1.05 * size(center) if objective is Objective.RETURN and often(0.6) else None,
    )
    slope = random.normal(size=count)
    held = float(slope @ center)
    exposed = of.covariance.loadings[:, 0] @ center if isinstance(of.covariance, FactorCovariance) else None
    constraints = Constraints(
        min_budget=1.0 if often(0.7) else 0.5,
        default_bounds=Bounds() if often(0.5) else Bounds(-0.5, 1.0),
        max_turnover=float(0.25 * np.abs(benchmark - start).sum() + random.uniform(0.05, 0.5)) if often(0.4) else None,
        max_gross=float(random.uniform(1.05, 1.6)) if often(0.4) else None,
        benchmark=dict(zip(of.symbols, map(float, benchmark), strict=True)),
        active_bounds=Bounds(-0.6, 0.6) if often(0.3) else None,
        max_tracking_error=size(center - benchmark) * float(random.uniform(1.02, 1.5)) if often(0.4) else None,
        max_cvar=CvarLimit(1.02 * abs(worst_mean(of.scenarios, 0.9, center)) + 1e-3, 0.9) if often(0.3) else None,
        rows=(LinearLimit("slope", dict(zip(of.symbols, map(float, slope), strict=True)), held - 0.1, held + 0.1),)
        if often(0.3)
        else (),
        factors=(FactorLimit(0, float(exposed) - 0.01, float(exposed) + 0.01),) if exposed and often(0.4) else (),
    )
    return Problem(
        of, goal, constraints, dict(zip(of.symbols, map(float, start), strict=True)), costs=_costs(random, of)
    )


def _costs(random: np.random.Generator, of: Moments) -> Costs:
    if random.random() < 0.4:
        return Costs()
    return Costs(
        commission=float(random.choice([0.0, 1e-3])),
        half_spread=float(random.choice([0.0, 5e-4])),
        impact=float(random.choice([0.0, 0.5, 1.0])),
        portfolio_value=1e7,
        average_daily_values={symbol: float(10 ** random.uniform(6, 9)) for symbol in of.symbols},
        borrow=float(random.choice([0.0, 0.01])),
    )
