"""The same problems stated in cvxpy, solved by another solver than the product's."""

from __future__ import annotations

import cvxpy as cp
import numpy as np

from services.optimizer.domain.covariance import DenseCovariance
from services.optimizer.domain.goal import Objective
from services.optimizer.domain.problem import Problem

PRECISE = {"eps_abs": 1e-10, "eps_rel": 1e-10, "max_iter": 200_000, "polishing": True}


def sigma(problem: Problem) -> np.ndarray:
    covariance = problem.moments.covariance
    if isinstance(covariance, DenseCovariance):
        return covariance.matrix
    return covariance.loadings @ covariance.loadings.T + np.diag(covariance.specific)


def rules(problem: Problem, w: cp.Variable, scale: cp.Expression | float = 1.0) -> list[cp.Constraint]:
    """The constraints on w, or on scale·w."""
    said = problem.constraints
    bounds = [said.bounds.get(symbol, said.default_bounds) for symbol in problem.symbols]
    found = [
        w >= np.array([each.min for each in bounds]) * scale,
        w <= np.array([each.max for each in bounds]) * scale,
        cp.sum(w) >= said.min_budget * scale,
        cp.sum(w) <= said.max_budget * scale,
    ]
    for group in said.groups:
        total = cp.sum(w[[problem.symbols.index(symbol) for symbol in group.symbols]])
        found += [] if group.min is None else [total >= group.min * scale]
        found += [] if group.max is None else [total <= group.max * scale]
    if said.max_turnover is not None:
        found.append(0.5 * cp.norm1(w - problem.current_weights() * scale) <= said.max_turnover * scale)
    return found


def best(problem: Problem) -> float:
    """The optimal objective in the unit of the goal."""
    mu, goal, w = problem.moments.expected_returns, problem.goal, cp.Variable(problem.assets)
    risk = cp.quad_form(w, cp.psd_wrap(sigma(problem)))
    limits = rules(problem, w)
    match goal.objective:
        case Objective.SHARPE:
            return _sharpe(problem)
        case Objective.RISK:
            limits += [] if goal.min_return is None else [mu @ w >= goal.min_return]
            return float(np.sqrt(max(0.0, _solve(cp.Minimize(100 * risk), limits)) / 100))
        case Objective.UTILITY:
            return _solve(cp.Maximize(mu @ w - 0.5 * goal.risk_aversion * risk), limits)
        case Objective.RETURN if goal.max_volatility is None:
            return _solve(cp.Maximize(mu @ w), limits, cp.HIGHS)
    return _greatest_return_by_bisection(problem)


def _sharpe(problem: Problem) -> float:
    y, kappa = cp.Variable(problem.assets), cp.Variable(nonneg=True)
    mu, rate = problem.moments.expected_returns, problem.goal.risk_free_rate
    limits = [*rules(problem, y, kappa), mu @ y - rate * kappa == 0.02]
    return 0.02 / float(np.sqrt(_solve(cp.Minimize(100 * cp.quad_form(y, cp.psd_wrap(sigma(problem)))), limits) / 100))


def _greatest_return_by_bisection(problem: Problem) -> float:
    """Without a cone solver: the largest return whose least variance is allowed."""
    mu, w, least = problem.moments.expected_returns, cp.Variable(problem.assets), cp.Parameter()
    program = cp.Problem(
        cp.Minimize(100 * cp.quad_form(w, cp.psd_wrap(sigma(problem)))), [*rules(problem, w), mu @ w >= least]
    )
    low = float(mu @ np.full(problem.assets, 1 / problem.assets))
    high = _solve(cp.Maximize(mu @ w), rules(problem, w), cp.HIGHS)
    for _ in range(34):
        least.value = (low + high) / 2
        program.solve(solver=cp.OSQP, **PRECISE)
        low, high = (least.value, high) if program.value <= 100 * problem.goal.max_volatility**2 else (low, least.value)
    return low


def _solve(goal: cp.Minimize | cp.Maximize, limits: list[cp.Constraint], solver: str = cp.OSQP) -> float:
    program = cp.Problem(goal, limits)
    program.solve(solver=solver, **(PRECISE if solver == cp.OSQP else {}))
    assert program.status == "optimal", program.status
    return float(program.value)
