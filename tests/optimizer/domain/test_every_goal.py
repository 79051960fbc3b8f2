"""Every goal under every limit and cost: the chosen engine against the last resort, and against what must hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.optimizer.domain.constraints import (
    Bounds,
    Constraints,
    CvarLimit,
    FactorLimit,
    Group,
    LinearLimit,
)
from services.optimizer.domain.costs import Costs
from services.optimizer.domain.errors import Infeasible, InvalidProblem
from services.optimizer.domain.goal import RETURNS, RISKS, RULES, Goal, Objective
from services.optimizer.domain.problem import Problem
from services.optimizer.domain.solvers.choosing import GENERAL, ChoosingEngine
from services.optimizer.domain.solvers.cvar import conditional_value_at_risk
from services.optimizer.domain.vectors import vector
from tests.optimizer.problems import control, equal_weights, moments, problem
from tests.optimizer.sweep import sweep

ENGINE = ChoosingEngine()
LAST_RESORT = ChoosingEngine((GENERAL,))
PROGRAMS = sorted(set(Objective) - RULES)
COUNT = 10
EQUAL = np.full(COUNT, 1 / COUNT)
seldom = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def with_scenarios(seed: int) -> Problem:
    """Ten assets over three factors, with 80 scenarios that fit them."""
    of, random = moments(COUNT, 3, seed), np.random.default_rng(seed)
    common = random.normal(size=(80, 3)) @ of.covariance.loadings.T  # type: ignore[union-attr]
    own = random.normal(size=(80, COUNT)) * np.sqrt(of.covariance.specific)  # type: ignore[union-attr]
    returns = of.expected_returns / 252 + (common + own) / np.sqrt(252)
    return problem(of=replace(of, scenarios=vector(returns)))


@st.composite
def stated(draw: st.DrawFn) -> Problem:
    """A goal with some limits around equal weights, which keep them all."""
    base, objective = with_scenarios(draw(st.integers(0, 500))), draw(st.sampled_from(PROGRAMS))
    symbols, slack = base.symbols, st.floats(0.01, 0.3)
    expected, covariance = base.moments.expected_returns, base.moments.covariance
    maybe = st.booleans()
    tilt = {symbol: (-1.0) ** place for place, symbol in enumerate(symbols)}
    exposure = float(covariance.loadings[:, 0] @ EQUAL)  # type: ignore[union-attr]
    held = conditional_value_at_risk(base.moments.scenarios, EQUAL, 0.9).cvar
    constraints = Constraints(
        min_budget=draw(st.sampled_from([1.0, 0.7])),
        default_bounds=Bounds(-draw(slack), 0.1 + draw(slack)) if draw(maybe) else Bounds(0.0, 0.1 + draw(slack)),
        groups=(Group("g", symbols[:4], 0.4 - draw(slack), 0.4 + draw(slack)),) if draw(maybe) else (),
        rows=(LinearLimit("tilt", tilt, -draw(slack), draw(slack)),) if draw(maybe) else (),
        factors=(FactorLimit(0, exposure - draw(slack), exposure + draw(slack)),) if draw(maybe) else (),
        max_turnover=draw(st.none() | st.floats(0.1, 0.8)),
        max_gross=draw(st.none() | st.floats(1.05, 2.0)),
        benchmark=equal_weights(COUNT),
        active_bounds=Bounds(-draw(slack), draw(slack)) if draw(maybe) else None,
        max_tracking_error=draw(st.none() | st.floats(0.01, 0.2)),
        max_cvar=CvarLimit(held * draw(st.floats(1.02, 2.0)), 0.9) if draw(maybe) else None,
    )
    size = float(np.sqrt(EQUAL @ covariance.times(EQUAL)))
    goal = Goal(
        objective,
        risk_free_rate=float(expected @ EQUAL) - 0.03 if objective is Objective.SHARPE else 0.0,
        risk_aversion=draw(st.floats(0.5, 20)),
        min_return=float(expected @ EQUAL) - 0.01 if objective in RISKS and draw(maybe) else None,
        max_volatility=size * draw(st.floats(1.02, 1.5)) if objective is Objective.RETURN and draw(maybe) else None,
    )
    costs = Costs(
        commission=0.001,
        half_spread=0.0005,
        impact=draw(st.sampled_from([0.0, 0.3])),
        portfolio_value=1e7,
        average_daily_values=dict.fromkeys(symbols, 1e7),
        borrow=0.01,
    )
    current = equal_weights(COUNT)
    weighed = objective in RETURNS and draw(maybe)
    return replace(base, goal=goal, constraints=constraints, costs=costs if weighed else Costs(), current=current)


@seldom
@given(asked=stated())
def test_the_chosen_engine_and_the_one_of_last_resort_agree(asked: Problem) -> None:
    found, other = ENGINE.solve(asked, control()).solved, LAST_RESORT.solve(asked, control()).solved
    better = 1.0 if asked.goal.maximizes else -1.0
    assert found.objective == pytest.approx(other.objective, rel=2e-6, abs=2e-7), (found.engine, found.fallbacks)
    # Neither is better than what the other proved.
    assert better * (found.objective - other.bound) <= 1e-7 * max(1.0, abs(other.bound))
    assert better * (other.objective - found.bound) <= 1e-6 * max(1.0, abs(found.bound))


@seldom
@given(asked=stated())
def test_every_limit_is_kept_and_every_gap_is_small(asked: Problem) -> None:
    found = ENGINE.solve(asked, control())
    weights, said = found.solved.weights, asked.constraints
    assert found.solved.gap <= 1e-7
    assert np.abs(weights).sum() <= (np.inf if said.max_gross is None else said.max_gross) + 1e-8
    assert found.turnover <= (np.inf if said.max_turnover is None else said.max_turnover) + 1e-8
    if said.max_tracking_error is not None:
        assert found.tracking_error <= said.max_tracking_error * (1 + 1e-7)
    if said.max_cvar is not None:
        assert found.cvar <= said.max_cvar.max * (1 + 1e-6)
    if asked.goal.max_volatility is not None:
        assert found.measures.volatility <= asked.goal.max_volatility * (1 + 1e-7)
    for row in said.rows:
        held = sum(row.coefficients[symbol] * weight for symbol, weight in zip(asked.symbols, weights, strict=True))
        assert row.min - 1e-9 <= held <= row.max + 1e-9


@seldom
@given(asked=stated())
def test_residuals_of_the_optimality_conditions_are_small_where_they_are_told(asked: Problem) -> None:
    solved = ENGINE.solve(asked, control()).solved
    # Without risk the gradient of a risk has no one value.
    if solved.kkt is None or (asked.goal.objective in RISKS and solved.objective < 1e-3):
        return
    assert solved.kkt.primal <= 1e-7
    assert solved.kkt.dual <= 1e-5
    assert solved.kkt.complementarity <= 1e-6


@pytest.mark.parametrize("objective", sorted(RULES))
def test_a_rule_is_fully_invested_long_only_and_looks_at_no_constraint(objective: Objective) -> None:
    base = with_scenarios(3)
    weights = ENGINE.solve(replace(base, goal=Goal(objective)), control()).solved.weights
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert np.all(weights >= 0)
    with pytest.raises(InvalidProblem, match="looks at no constraint"):
        ENGINE.solve(replace(base, goal=Goal(objective), constraints=Constraints(max_turnover=0.1)), control())


def test_budgets_of_risk_are_met() -> None:
    base = with_scenarios(4)
    budgets = {symbol: float(place + 1) for place, symbol in enumerate(base.symbols)}
    stated = replace(base, goal=Goal(Objective.RISK_PARITY, risk_budgets=budgets))
    weights = ENGINE.solve(stated, control()).solved.weights
    shares = weights * base.moments.covariance.times(weights)
    assert shares / shares.sum() == pytest.approx(np.arange(1, 11) / 55, rel=1e-9)


def test_costs_too_high_to_trade_leave_the_current_weights() -> None:
    base = with_scenarios(5)
    dear = Costs(commission=0.9)
    asked = replace(base, goal=Goal(Objective.UTILITY), costs=dear, current=equal_weights(COUNT))
    found = ENGINE.solve(asked, control())
    assert found.solved.weights == pytest.approx(EQUAL, abs=1e-12)
    assert found.turnover == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("changes", "type_", "subject"),
    [
        ({"max_tracking_error": 0.001}, "MAX_TRACKING_ERROR", "constraints.max_tracking_error"),
        ({"max_cvar": CvarLimit(-0.5)}, "MAX_CVAR", "constraints.max_cvar.max"),
        ({"max_gross": 0.5}, "MAX_GROSS", "constraints.max_gross"),
    ],
)
def test_a_cap_that_no_weights_keep_is_told_with_what_it_would_have_to_be(changes, type_: str, subject: str) -> None:
    base = with_scenarios(6)
    far = {base.symbols[0]: 1.0}
    said = replace(Constraints(default_bounds=Bounds(0.0, 0.3), benchmark=far), **changes)
    with pytest.raises(Infeasible) as told:
        ENGINE.solve(replace(base, goal=Goal(Objective.UTILITY), constraints=said), control())
    assert (type_, subject) in [(conflict.type, conflict.subject) for conflict in told.value.conflicts]


@pytest.mark.parametrize("objective", [Objective.RISK, Objective.TRACKING_ERROR, Objective.CVAR])
def test_a_frontier_of_any_risk_rises_and_is_convex(objective: Objective) -> None:
    base = with_scenarios(7)
    said = Constraints(default_bounds=Bounds(0.0, 0.4), benchmark=equal_weights(COUNT))
    told: list[int] = []
    frontier = ENGINE.frontier(
        replace(base, goal=Goal(objective), constraints=said), 20, control(), lambda index, _: told.append(index)
    )
    risks = np.array([point.risk for point in frontier.points])
    returns = [point.measures.expected_return for point in frontier.points]
    assert told == list(range(20))
    assert np.diff(returns) == pytest.approx(np.full(19, np.diff(returns).mean()), abs=1e-8)
    assert np.all(np.diff(risks) > -1e-9)
    assert np.all(np.diff(risks, 2) > -1e-7)
    assert all(point.gap <= 1e-7 for point in frontier.points)


def test_random_mandates_of_every_kind_are_answered_right() -> None:
    """500 here; a night has 20,000."""
    report = sweep(500)
    assert report.failures == []
    assert (report.problems, report.impossible) == (500, 50)
    assert report.compared >= 15
    assert report.engines["dual_newton"] > report.engines["cvxpy"]
