"""Portfolios by budgets of risk."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import cvxpy as cp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.optimizer.domain.allocations.risk_budgeting import RiskBudgeting, group_budgets, risk_budgeting
from services.optimizer.domain.allocations.risk_contributions import risk_contributions
from services.optimizer.domain.allocations.riskless import NoRisk
from services.optimizer.domain.covariance import Covariance, DenseCovariance, FactorCovariance, variance
from services.optimizer.domain.errors import SolverFailed
from services.optimizer.domain.vectors import vector
from tests.optimizer.domain.allocations.universes import (
    covariance,
    covariances,
    equally_correlated,
    orders,
    portfolios,
    scaled,
)

Solve = Callable[..., RiskBudgeting]
WAYS = pytest.mark.parametrize(
    "solve", [risk_budgeting, partial(risk_budgeting, plain=True)], ids=["compiled", "plain"]
)
FEW = settings(max_examples=40, deadline=None)
HEDGES = {
    "dense": DenseCovariance(np.array([[0.04, -0.06, 0.01], [-0.06, 0.09, -0.015], [0.01, -0.015, 0.05]])),
    "factors": FactorCovariance(np.array([[0.2], [-0.3], [0.1]]), np.zeros(3)),
    "two": DenseCovariance(np.array([[0.04, -0.06], [-0.06, 0.09]])),
}


def random_budgets(count: int, seed: int, spread: float = 1.5) -> np.ndarray:
    return np.exp(np.random.default_rng(seed).normal(0, spread, count))


def objective(of: Covariance, budgets: np.ndarray, weights: np.ndarray) -> float:
    return 0.5 + 0.5 * float(np.log(variance(of, weights))) - float(budgets @ np.log(weights))


@WAYS
@FEW
@given(of=covariances(), seed=st.integers(0, 10_000))
def test_each_asset_contributes_its_budget(solve: Solve, of: Covariance, seed: int) -> None:
    budgets = random_budgets(of.assets, seed)
    found = solve(of, budgets)
    contributions = risk_contributions(of, found.weights).relative
    assert np.abs(contributions / (budgets / budgets.sum()) - 1).max() <= 1e-10
    assert found.weights.sum() == pytest.approx(1, abs=1e-12)
    assert found.weights.min() > 0
    assert found.error <= 1e-10
    assert contributions == pytest.approx(found.contributions, abs=1e-14)


@WAYS
def test_without_budgets_all_contribute_the_same(solve: Solve) -> None:
    of = covariance(100, 10)
    assert risk_contributions(of, solve(of).weights).relative == pytest.approx(np.full(100, 0.01), rel=1e-10)


@FEW
@given(of=covariances(), seed=st.integers(0, 10_000))
def test_the_two_ways_and_the_two_forms_agree(of: Covariance, seed: int) -> None:
    budgets = random_budgets(of.assets, seed)
    full = DenseCovariance(vector(of.full()))
    found = [
        solve(each, budgets).weights
        for solve in (risk_budgeting, partial(risk_budgeting, plain=True))
        for each in (of, full)
    ]
    for other in found[1:]:
        assert other == pytest.approx(found[0], rel=1e-9)


@WAYS
@FEW
@given(of=covariances(), seed=st.integers(0, 10_000))
def test_the_order_of_the_assets_does_not_matter(solve: Solve, of: Covariance, seed: int) -> None:
    budgets, order = random_budgets(of.assets, seed), orders(of.assets, seed)
    found = solve(of.submatrix(order), budgets[order])
    assert found.weights == pytest.approx(solve(of, budgets).weights[order], rel=1e-9)


@WAYS
@pytest.mark.parametrize("factor", [1e-8, 1 / 252, 1e6])
@pytest.mark.parametrize("dense", [False, True])
def test_the_scale_of_the_covariance_does_not_matter(solve: Solve, factor: float, dense: bool) -> None:
    of = covariance(20, dense=dense)
    assert solve(scaled(of, factor)).weights == pytest.approx(solve(of).weights, rel=1e-9)


@WAYS
def test_the_unit_of_the_budgets_does_not_matter(solve: Solve) -> None:
    of, budgets = covariance(9), random_budgets(9, 3)
    assert solve(of, 100 * budgets).weights == pytest.approx(solve(of, budgets).weights, rel=1e-10)


@WAYS
@pytest.mark.parametrize("correlation", [-0.1, 0.0, 0.5, 0.99])
def test_equal_correlations_and_budgets_leave_inverse_volatility(solve: Solve, correlation: float) -> None:
    volatilities = np.random.default_rng(1).uniform(0.05, 0.5, 9)
    inverse = 1 / volatilities
    found = solve(equally_correlated(volatilities, correlation))
    assert found.weights == pytest.approx(inverse / inverse.sum(), rel=1e-9)


@WAYS
def test_uncorrelated_assets_have_the_root_of_their_budget_over_their_volatility(solve: Solve) -> None:
    volatilities, budgets = np.random.default_rng(1).uniform(0.05, 0.5, 9), random_budgets(9, 2)
    expected = np.sqrt(budgets) / volatilities
    found = solve(equally_correlated(volatilities, 0.0), budgets)
    assert found.weights == pytest.approx(expected / expected.sum(), rel=1e-10)


@WAYS
@pytest.mark.parametrize("dense", [False, True])
def test_an_asset_without_a_budget_is_left_out(solve: Solve, dense: bool) -> None:
    of, budgets = covariance(10, dense=dense), random_budgets(10, 4)
    budgets[[2, 7]] = 0
    kept = np.flatnonzero(budgets)
    found, alone = solve(of, budgets), solve(of.submatrix(kept), budgets[kept])
    assert found.weights[[2, 7]].tolist() == [0, 0]
    assert found.weights[kept] == pytest.approx(alone.weights, rel=1e-12)


@WAYS
@FEW
@given(of=covariances(), seed=st.integers(0, 10_000))
def test_no_long_only_portfolio_is_below_the_bound(solve: Solve, of: Covariance, seed: int) -> None:
    budgets = random_budgets(of.assets, seed)
    budgets /= budgets.sum()
    found = solve(of, budgets)
    assert found.objective == pytest.approx(objective(of, budgets, found.weights), abs=1e-12)
    assert 0 <= found.gap <= 1e-15
    assert found.objective - found.bound == pytest.approx(found.gap, abs=1e-12)
    others = [objective(of, budgets, each) for each in portfolios(of.assets, 50, seed)]
    assert min(others) >= found.bound - 1e-12


def test_the_relative_entropy_is_a_gap_for_any_portfolio() -> None:
    of, budgets = covariance(8), np.full(8, 1 / 8)
    best = risk_budgeting(of).objective
    for weights in portfolios(8, 100):
        contributions = risk_contributions(of, weights).relative
        if contributions.min() > 0:
            gap = float(budgets @ np.log(budgets / contributions))
            assert objective(of, budgets, weights) - gap <= best + 1e-12


@WAYS
def test_another_solver_finds_the_same(solve: Solve) -> None:
    of, budgets = covariance(15), random_budgets(15, 5)
    x = cp.Variable(15)
    risk = cp.sum_squares(of.loadings.T @ x) + cp.sum_squares(cp.multiply(np.sqrt(of.specific), x))
    cp.Problem(cp.Minimize(0.5 * risk - budgets / budgets.sum() @ cp.log(x))).solve(solver=cp.CLARABEL)
    found, theirs = solve(of, budgets), x.value / x.value.sum()
    assert found.weights == pytest.approx(theirs, abs=1e-5)
    assert found.objective <= objective(of, budgets / budgets.sum(), theirs)


@WAYS
@pytest.mark.parametrize("dense", [False, True])
def test_a_doubled_asset_shares_its_weight(solve: Solve, dense: bool) -> None:
    of = covariance(5)
    single = FactorCovariance(np.hstack([of.loadings, np.diag(np.sqrt(of.specific))]), np.zeros(5))
    doubled = single.submatrix(np.array([0, 1, 2, 3, 4, 4]))
    budgets = np.array([1, 1, 1, 1, 0.5, 0.5])
    found = solve(DenseCovariance(doubled.full()) if dense else doubled, budgets).weights
    apart = solve(single).weights
    assert found[4] == pytest.approx(found[5], rel=1e-9)
    assert [*found[:4], found[4] + found[5]] == pytest.approx(apart, rel=1e-9)


@WAYS
def test_a_single_asset_is_held_alone(solve: Solve) -> None:
    assert solve(covariance(1, 1)).weights.tolist() == [1]


@WAYS
def test_no_budget_can_be_spent_on_an_asset_without_risk(solve: Solve) -> None:
    of = DenseCovariance(np.diag([0.04, 0.0, 0.09]))
    with pytest.raises(NoRisk, match="assets 1 carry no risk") as refused:
        solve(of)
    assert refused.value.assets == (1,)
    assert solve(of, np.array([1.0, 0.0, 1.0])).weights == pytest.approx([0.6, 0.0, 0.4])


@WAYS
@pytest.mark.parametrize("name", HEDGES)
def test_no_budget_can_be_spent_where_assets_hedge_each_other_to_no_risk(solve: Solve, name: str) -> None:
    with pytest.raises(NoRisk, match="long-only portfolio") as refused:
        solve(HEDGES[name])
    assert refused.value.assets == ()


@WAYS
def test_assets_that_nearly_hedge_each_other_still_meet_their_budgets(solve: Solve) -> None:
    random = np.random.default_rng(0)
    found = solve(FactorCovariance(random.normal(size=(30, 5)), np.full(30, 1e-3)))
    assert found.error <= 1e-9
    assert found.gap <= 1e-15


def test_a_solve_that_does_not_come_near_fails_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.optimizer.domain.allocations.spinu_newton._MOST_STEPS", 1)
    with pytest.raises(SolverFailed, match="off their budgets"):
        risk_budgeting(covariance(20), random_budgets(20, 0), plain=True)


@pytest.mark.parametrize("budgets", [[0.0, 0.0], [1.0, -0.5]])
def test_budgets_that_make_no_shares_are_refused(budgets: list[float]) -> None:
    with pytest.raises(ValueError, match="must not be negative, and one must be above 0"):
        risk_budgeting(covariance(2, 1), np.array(budgets))


def test_groups_contribute_their_budgets_equally_split_over_their_members() -> None:
    of, groups = covariance(9), [([0, 3, 4], 3.0), ([1, 2], 1.0), ([5], 2.0)]
    found = risk_budgeting(of, group_budgets(9, groups))
    totals = risk_contributions(of, found.weights).of_groups([np.array(members) for members, _ in groups])
    assert totals / totals.sum() == pytest.approx([1 / 2, 1 / 6, 1 / 3], rel=1e-10)
    assert found.contributions[[0, 3, 4]] == pytest.approx(np.full(3, 1 / 6), rel=1e-10)
    assert found.weights[[6, 7, 8]].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("groups", "mend"), [([([0, 1], 1.0), ([1], 1.0)], "asset 1 is in two groups"), ([([], 1.0)], "needs members")]
)
def test_groups_that_cannot_be_held_to_their_budgets_are_refused(groups: list, mend: str) -> None:
    with pytest.raises(ValueError, match=mend):
        group_budgets(3, groups)


def test_a_group_without_budget_needs_no_members() -> None:
    assert group_budgets(2, [([], 0.0), ([1], 2.0)]).tolist() == [0, 2]
