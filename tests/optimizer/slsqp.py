"""The same problems by sequential quadratic programming, in variables in which all is smooth.

x = (w, bought, sold, short, α, u, α′, u′):  w = w₀ + bought − sold,  short ≥ −w,  u of the goal's CVaR, u′ of a cap's.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from services.optimizer.domain.admissible import admissible_set
from services.optimizer.domain.costs import cost_rates
from services.optimizer.domain.goal import RELATIVE, RETURNS, Objective
from services.optimizer.domain.problem import Problem
from tests.optimizer.oracle import sigma

Function = Callable[[np.ndarray], np.ndarray]


def best_by_slsqp(problem: Problem) -> float:
    """The optimal objective, from the benchmark; NaN if it does not converge."""
    count, scenarios = problem.assets, problem.moments.scenarios
    rows = len(scenarios)
    cuts = np.cumsum([count, count, count, count, 1, rows, 1])
    goal, said, admissible = problem.goal, problem.constraints, admissible_set(problem)
    covariance, mu, start, benchmark = (
        sigma(problem),
        problem.moments.expected_returns,
        problem.current_weights(),
        problem.benchmark(),
    )
    rates, costed = cost_rates(problem.costs, problem.moments), goal.objective in RETURNS

    def risk(away: np.ndarray) -> float:
        return float(np.sqrt(away @ covariance @ away + 1e-16))

    def tail(level: np.ndarray, beyond: np.ndarray, confidence: float) -> float:
        return float(level[0] + beyond.mean() / (1 - confidence))

    def value(x: np.ndarray) -> float:
        w, bought, sold, short, level, beyond, _, _ = np.split(x, cuts)
        away = w - benchmark if goal.objective in RELATIVE else w
        cost = rates.linear @ (bought + sold) + rates.power @ (np.abs(bought) ** 1.5 + np.abs(sold) ** 1.5)
        earned = float(mu @ away - costed * (cost + rates.borrow @ short))
        match goal.objective:
            case Objective.SHARPE:
                return (earned - goal.risk_free_rate) / risk(w)
            case Objective.DIVERSIFICATION:
                return float(np.sqrt(np.diag(covariance)) @ w) / risk(w)
            case Objective.UTILITY | Objective.ACTIVE_UTILITY:
                return earned - 0.5 * goal.risk_aversion * float(away @ covariance @ away)
            case Objective.RISK | Objective.TRACKING_ERROR:
                return risk(away)
            case Objective.CVAR:
                return tail(level, beyond, goal.cvar_confidence)
        return earned

    def room(x: np.ndarray) -> np.ndarray:
        w, bought, sold, short, level, beyond, level2, beyond2 = np.split(x, cuts)
        held = admissible.matrix @ w
        found = [held - np.maximum(admissible.floor, -1e3), np.minimum(admissible.cap, 1e3) - held, short + w]
        losses = -(scenarios @ w)
        found += [beyond - losses + level, beyond2 - losses + level2]
        if admissible.turnover is not None:
            found.append(np.array([admissible.turnover - 0.5 * (bought + sold).sum()]))
        if admissible.gross is not None:
            found.append(np.array([admissible.gross - (w + 2 * short).sum()]))
        if goal.max_volatility is not None:
            found.append(np.array([goal.max_volatility - risk(w)]))
        if said.max_tracking_error is not None:
            found.append(np.array([said.max_tracking_error - risk(w - benchmark)]))
        if said.max_cvar is not None:
            found.append(np.array([said.max_cvar.max - tail(level2, beyond2, said.max_cvar.confidence)]))
        return np.concatenate(found)

    def trades(x: np.ndarray) -> np.ndarray:
        return x[:count] - start - x[count : 2 * count] + x[2 * count : 3 * count]

    moved, losses = 0.5 * (benchmark - start), -(scenarios @ (0.5 * (benchmark + start)))
    worst = np.array([np.quantile(losses, 0.9)])
    beyond = np.maximum(losses - worst, 0)
    first = np.concatenate(
        [start + moved, np.maximum(moved, 0), np.maximum(-moved, 0), np.zeros(count), worst, beyond, worst, beyond]
    )
    free = [(None, None)]
    box = [*zip(admissible.lower, admissible.upper, strict=True), *[(0, None)] * (3 * count)]
    box += [*free, *[(0, None)] * rows, *free, *[(0, None)] * rows]
    sign = -1.0 if goal.maximizes else 1.0
    found = minimize(
        lambda x: sign * value(x),
        first,
        method="SLSQP",
        bounds=box,
        constraints=[{"type": "ineq", "fun": room}, {"type": "eq", "fun": trades}],
        options={"ftol": 1e-12, "maxiter": 500},
    )
    return value(found.x) if found.success and room(found.x).min() > -1e-8 else float("nan")
